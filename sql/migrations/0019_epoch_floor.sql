-- Fencing tokens only grow, also where the partitions of a stream go and new ones come: a partition begins at the
-- highest epoch that any deleted one had. Kept by a trigger, so that whatever deletes a partition cannot forget it.
alter table weir.cluster add column epoch_floor bigint not null default 0 check (epoch_floor >= 0);
comment on column weir.cluster.epoch_floor is 'the highest epoch of deleted partitions: new ones begin there';

update weir.cluster
set epoch_floor = coalesce((
  select max(o.epoch)
  from weir.ownership o
  where o.part_id not in (select p.part_id from weir.partition p)), 0);

create function weir.raise_epoch_floor()
returns trigger
language plpgsql
as $$
begin
  update weir.cluster
  set epoch_floor = (select max(epoch) from gone)
  where epoch_floor < (select max(epoch) from gone);
  return null;
end
$$;
comment on function weir.raise_epoch_floor() is 'keeps the highest epoch of deleted partitions';
create trigger raise_epoch_floor
after delete on weir.partition
referencing old table as gone
for each statement
execute function weir.raise_epoch_floor();

create or replace function weir.add_partitions(stream int, first int, count int)
returns void
language sql
as $$
  insert into weir.block(first_part, parts, stream_id)
  values (first, count, stream);
  insert into weir.partition(part_id, stream_id, slot, epoch)
  select first + slot, stream, slot, c.epoch_floor
  from generate_series(0, count - 1) slot
  cross join weir.cluster c;
  insert into weir.assignment(part_id)
  select first + slot
  from generate_series(0, count - 1) slot;
  insert into weir.mark(part_id)
  select first + slot
  from generate_series(0, count - 1) slot
$$;

insert into weir.role_right(object)
values
  ('raise_epoch_floor');
select weir.renew_grants();
