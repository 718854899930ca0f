-- Nodes insert tasks and receipts by a statement of their own (sql/queries/tasks.sql: insert_new_tasks), which costs
-- two thirds of a function for everybody with its owner's rights. They could insert any task before, by enqueue_rows.
update weir.role_right
set node = 'select, insert'
where object in ('task', 'receipt');
update weir.role_right
set node = 'usage'
where object = 'task_id';
select weir.renew_grants();
