-- Change data capture: the hash of every object that was handled, and how far the passes of each controller came.
--
-- Ids are compared by their bytes (collate "C"), so that the order of the primary key is the order in which a pass
-- reads its source. Every statement is about one controller.
create table weir.cdc_controller(
  controller uuid not null,
  pass bigint not null default 0 check (pass >= 0),
  objects bigint not null default 0,
  started_at timestamptz,
  finished_at timestamptz,
  created bigint not null default 0,
  updated bigint not null default 0,
  deleted bigint not null default 0,
  failed bigint not null default 0,
  round int not null default 1 check (round > 0),
  name text not null check (octet_length(name) between 1 and 256),
  go_on_after text collate "C" check (octet_length(go_on_after) between 1 and 512),
  problem text check (octet_length(problem) between 1 and 2000),
  primary key (controller)
) with (fillfactor = 50);
comment on table weir.cdc_controller is 'who watches over the objects of a source';
comment on column weir.cdc_controller.controller is 'its id, and the name of its stream';
comment on column weir.cdc_controller.pass is 'counts its passes; only the newest may write';
comment on column weir.cdc_controller.objects is 'rows that it has in cdc_hash';
comment on column weir.cdc_controller.started_at is 'when the newest pass began';
comment on column weir.cdc_controller.finished_at is 'when it ended; null = it runs, or was cut off';
comment on column weir.cdc_controller.created is 'objects that the last finished pass found new';
comment on column weir.cdc_controller.updated is 'objects that it found changed';
comment on column weir.cdc_controller.deleted is 'objects that it found gone';
comment on column weir.cdc_controller.failed is 'objects that it could not handle';
comment on column weir.cdc_controller.round is 'hashes of an earlier round count as changed';
comment on column weir.cdc_controller.name is 'the action of its newest pass';
comment on column weir.cdc_controller.go_on_after is 'the object after which the next pass begins; null = the first';
comment on column weir.cdc_controller.problem is 'what ended the last finished pass, or its first failure';

create table weir.cdc_hash(
  controller uuid not null,
  hash uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  round int not null,
  object_id text collate "C" not null check (octet_length(object_id) between 1 and 512),
  primary key (controller, object_id)
) with (fillfactor = 90);
comment on table weir.cdc_hash is 'objects as they were when they were last handled';
comment on column weir.cdc_hash.controller is 'who watches over it; no foreign key: a pass holds that row anyway';
comment on column weir.cdc_hash.hash is 'of its data then';
comment on column weir.cdc_hash.created_at is 'when it was first handled';
comment on column weir.cdc_hash.updated_at is 'when it was last handled';
comment on column weir.cdc_hash.round is 'the round of its controller then';
comment on column weir.cdc_hash.object_id is 'its id in the source';

-- A page of what is kept, beyond an id. The settings make it a walk along the primary key, also while statistics know
-- nothing of a million rows that have just come: sorting what is left for every page would take hours.
create function weir.cdc_stored(me uuid, my_round int, beyond text, most int)
returns table(object_id text, hash uuid, stale bool)
language plpgsql
stable
security definer
set search_path = weir, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
as $$
#variable_conflict use_column
begin
  return query
  select h.object_id, h.hash, h.round < my_round
  from weir.cdc_hash h
  where h.controller = me
    and h.object_id > beyond
  order by h.object_id
  limit most;
end
$$;
comment on function weir.cdc_stored(uuid, int, text, int) is 'objects of a controller, by the bytes of their ids';
revoke all on function weir.cdc_stored(uuid, int, text, int) from public;

-- Keeps changes whose object is still as the pass found it, and enqueues a task for each of those, in one
-- transaction. Holding the controller's row fences off every earlier pass. (`any (ids)` says nothing new, but finds the
-- rows by the key whatever statistics say.)
create function weir.cdc_write(me uuid, my_pass bigint, my_round int, kinds text[], ids text[], befores uuid[],
                               nows uuid[], go_on text, task text)
returns bigint
language plpgsql
security definer
set search_path = weir, pg_temp
as $$
declare
  made bigint;
  gone bigint;
  done_kinds text[];
  done_ids text[];
  done_hashes uuid[];
begin
  perform
  from weir.cdc_controller c
  where c.controller = me
    and c.pass = my_pass
  for no key update;
  if not found then
    raise exception 'pass % of controller % is over: a newer one has begun', my_pass, me using errcode = 'WE001';
  end if;
  with wanted as materialized (
    select *
    from unnest(kinds, ids, befores, nows) with ordinality u(kind, object_id, before, now, ord)
  ),
  created as (
    insert into weir.cdc_hash as h(controller, hash, round, object_id)
    select me, w.now, my_round, w.object_id
    from wanted w
    where w.kind = 'create'
    order by w.ord
    on conflict do nothing
    returning h.object_id
  ),
  updated as (
    update weir.cdc_hash h
    set hash = w.now, round = my_round, updated_at = now()
    from wanted w
    where w.kind = 'update'
      and h.controller = me
      and h.object_id = any (ids)
      and h.object_id = w.object_id
      and h.hash = w.before
      and (h.hash <> w.now or h.round < my_round)
    returning h.object_id
  ),
  removed as (
    delete from weir.cdc_hash h
    using wanted w
    where w.kind = 'delete'
      and h.controller = me
      and h.object_id = any (ids)
      and h.object_id = w.object_id
      and h.hash = w.before
    returning h.object_id
  ),
  done as (
    select w.*
    from wanted w
    join (select c.object_id from created c
          union all
          select u.object_id from updated u
          union all
          select r.object_id from removed r) d on d.object_id = w.object_id
  )
  select array_agg(d.kind order by d.ord), array_agg(d.object_id order by d.ord), array_agg(d.now order by d.ord),
    count(*) filter (where d.kind = 'create'), count(*) filter (where d.kind = 'delete')
  into done_kinds, done_ids, done_hashes, made, gone
  from done d;
  update weir.cdc_controller c
  set objects = c.objects + made - gone, go_on_after = coalesce(go_on, c.go_on_after)
  where c.controller = me
    and (made <> gone or go_on is distinct from c.go_on_after);
  if task is not null and done_ids is not null then
    perform
    from (select array_agg(task || '.' || d.kind order by d.ord) as names,
                 array_agg(jsonb_strip_nulls(jsonb_build_object('object_id', d.object_id, 'hash', d.hash))
                           order by d.ord) as datas,
                 array_agg('cdc ' || task order by d.ord) as created_bys
          from unnest(done_kinds, done_ids, done_hashes) with ordinality d(kind, object_id, hash, ord)) t
    cross join lateral weir.enqueue_rows(t.names, done_ids, t.datas, null, null, t.created_bys);
  end if;
  return coalesce(cardinality(done_ids), 0);
end
$$;
comment on function weir.cdc_write(uuid, bigint, int, text[], text[], uuid[], uuid[], text, text)
  is 'keeps hashes of a pass and enqueues its tasks';
revoke all on function weir.cdc_write(uuid, bigint, int, text[], text[], uuid[], uuid[], text, text) from public;
