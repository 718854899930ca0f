-- Nodes of two versions work side by side while a cluster is upgraded: a program takes a schema that is newer than its
-- own unless a migration has said that it must not.
alter table weir.cluster
  add column oldest_program int not null default 27 check (oldest_program > 0);
comment on column weir.cluster.oldest_program
  is 'programs whose own newest migration is older than this one must not work with the schema any more';
