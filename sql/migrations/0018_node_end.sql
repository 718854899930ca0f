-- How the process of an incarnation ended, where somebody above it saw that: what the crashes of its tasks say.
alter table weir.node
  add column ended_by text check (length(ended_by) between 1 and 200);
comment on column weir.node.ended_by is 'how its process ended, if that is known';
