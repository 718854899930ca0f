-- What people ask and order.

-- name: node_differences
-- A mode and a missing stream with the nodes that say so: people have to go there.
select case when d like 'stream "%": mode is %'
            then format('%s by %s', d, string_agg(distinct n.name, ', ' order by n.name))
            else d end as d
from weir.node_now n
cross join lateral unnest(n.differences) d
where n.state in ('joining', 'active', 'draining')
group by d
union
select format('stream "%s": missing, declared by %s', w ->> 'name', string_agg(distinct n.name, ', ' order by n.name))
from weir.node n
cross join lateral jsonb_array_elements(n.declarations -> 'streams') w
where n.newest
  and n.state in ('joining', 'active', 'draining')
  and not exists (select
                  from weir.stream s
                  where s.name = w ->> 'name')
group by w ->> 'name'
union
select weir.retention_differences()
order by d

-- name: terms
select t.timeline, t.term, t.node_id, n.name, weir.to_us(t.elected_at), weir.to_us(t.ended_at), coalesce(t.reason, '')
from weir.term t
join weir.node n on n.node_id = t.node_id
where not $2::bool
   or t.ended_at is null
order by t.term desc, t.timeline desc
limit $1

-- name: owners
-- A stream that nobody has owned yet has one row without an owner; of no stream there is none. Where partitions are
-- very many, the newest owners of each are looked at.
select o.part_id - s.first_part, o.epoch, o.timeline, n.name, weir.to_us(o.acquired_at), weir.to_us(o.ended_at),
  coalesce(o.reason, '')
from weir.stream s
left join (weir.partition p
           cross join lateral (
             select w.*
             from weir.ownership w
             where w.part_id = p.part_id
             order by w.epoch desc, w.timeline desc
             limit least($2, greatest(1, 20000 / s.partitions))
           ) o
           join weir.node n on n.node_id = o.node_id) on p.stream_id = s.stream_id
where s.name = $1
order by o.acquired_at desc, o.part_id, o.epoch desc
limit $2

-- name: resign_leader
-- Ends the running term, and the session that holds the lock: a leader that only heard of it at its next
-- renewal would free the lock and take it again in one step.
with ended as (
  update weir.term
  set ended_at = clock_timestamp(), reason = 'resigned'
  where ended_at is null
  returning timeline, term, node_id, backend_pid, elected_at, ended_at, reason
),
freed as materialized (
  select weir.end_leader_session(e.backend_pid, $1, $2) as done
  from ended e
)
select e.timeline, e.term, e.node_id, n.name, weir.to_us(e.elected_at), weir.to_us(e.ended_at), e.reason,
  (select count(*) from freed f where f.done)
from ended e
join weir.node n on n.node_id = e.node_id

-- name: task_records
-- Each looked up by itself, however many there are: newest first.
select t.id, t.name, t.key, coalesce(s.name, b.former_name), t.data::text,
  weir.state_of(o.state is not null, o.state, a.result),
  coalesce(a.no - (a.result = 's')::int, 0), a.message, weir.to_us(coalesce(o.due, t.do_after, t.created_at)),
  weir.to_us(t.created_at), t.created_by, t.trace,
  case when o.state is null and weir.is_final(a.result)
    then weir.to_us(a.started_at + a.took_ms * interval '1 millisecond') end
from unnest($1::bigint[]) w(id)
cross join lateral (
  select k.*
  from weir.known_task k
  where k.id = w.id
  limit 1
) t
left join lateral (
  select n.state, n.due
  from weir.open n
  where n.task_id = w.id
  limit 1
) o on true
left join lateral (
  select l.no, l.started_at, l.took_ms, l.result, l.message
  from weir.known_attempt l
  where l.task_id = w.id
  order by l.no desc
  limit 1
) a on true
left join lateral (
  select b.stream_id, b.former_name
  from weir.block b
  where b.first_part <= t.part_id
  order by b.first_part desc
  limit 1
) b on true
left join weir.stream s on s.stream_id = b.stream_id
order by w.id desc

-- name: task_attempts
select a.no, coalesce(n.name, ''), a.epoch, weir.to_us(a.started_at),
  weir.to_us(a.started_at + a.took_ms * interval '1 millisecond'), a.result::text, coalesce(a.message, '')
from weir.known_attempt a
left join lateral (
  select w.node_id
  from weir.ownership w
  where w.part_id = a.part_id
    and w.epoch = a.epoch
  order by w.timeline desc
  limit 1
) w on true
left join weir.node n on n.node_id = w.node_id
where a.task_id = $1
order by a.no

-- name: task_facts
-- What decides when an unfinished task runs. Only rows of the partition's present owner count as running.
select t.part_id, p.slot, o.state::text, o.epoch, weir.to_us(o.due), weir.to_us(o.since), o.attempts, o.crashes, o.runs,
  (select r.task_id
   from weir.open r
   where r.part_id = t.part_id
     and r.name = t.name
     and r.key = t.key
     and r.state = 'i'
     and r.task_id <> t.id
     and r.epoch = p.epoch
     and p.owner is not null
   limit 1),
  greatest(
    (select max(r.task_id)
     from weir.open r
     where r.part_id = t.part_id
       and r.name = t.name
       and r.key = t.key
       and r.task_id > t.id
       and r.due <= now()),
    (select n.id
     from weir.task n
     where n.part_id = t.part_id
       and n.key = t.key
       and n.key is not null
       and n.id > t.id
       and n.name = t.name
       and n.id > (select id_floor from weir.cluster)
       and (n.do_after is null or n.do_after <= now())
       and (select k.one from weir.accounted(n.part_id, n.id) k) is null
     order by n.id desc
     limit 1)),
  (select count(*)
   from (select
         from weir.unread(t.part_id, m.seen, m.upto, m.at_xid, m.at_id, null, $2) u
         where u.id < t.id
           and (u.do_after is null or u.do_after <= now())
         union all
         select
         from weir.open w
         where w.part_id = t.part_id
           and w.state <> 'i'
           and w.due <= now()
           and w.task_id <> t.id
         limit $2) x),
  (select count(*)
   from weir.open r
   join weir.partition q on q.part_id = r.part_id
   where q.stream_id = p.stream_id
     and q.owner = p.owner
     and r.epoch = q.epoch
     and r.state = 'i'
     and r.task_id <> t.id)
from weir.known_task t
left join weir.partition p on p.part_id = t.part_id
left join weir.mark m on m.part_id = t.part_id
left join weir.open o on o.task_id = t.id
where t.id = $1

-- name: task_exists
select exists (select from weir.known_task where id = $1)

-- name: ask_tasks
select a.task_id, a.answer
from weir.ask_tasks($1::"char", $2::bigint[], weir.from_us($3), $4) a

-- name: requeue_tasks
select r.task_id, r.new_id
from weir.requeue($1::bigint[], $2) r

-- name: successor
select substring(message from '^superseded by ([0-9]+)$')::bigint
from weir.known_attempt
where task_id = $1
  and result = 's'

-- name: message_answered
select unnest(r.ids)
from weir.receipt r
where r.token = $1::uuid

-- name: stream_problems
-- whether the stream exists, and how it differs from what is wanted
select s.stream_id is not null, to_json(array(select weir.stream_differences($1::jsonb)))
from (select) one
left join weir.stream s on s.name = $1::jsonb ->> 'name'

-- name: create_stream
select weir.create_stream($1::jsonb)

-- name: change_stream
select weir.change_stream($1, $2::jsonb), weir.limit_stream($1, $2::jsonb)

-- name: delete_stream
select weir.delete_stream($1)

-- name: wish
-- by hand: no term says so, and the leader keeps it unless its own rules are broken
update weir.assignment a
set node = nullif(w.node, ''), term = null
from unnest($1::int[], $2::text[]) w(part_id, node)
join weir.partition p on p.part_id = w.part_id
join weir.stream s on s.stream_id = p.stream_id
where a.part_id = w.part_id
returning s.name

-- name: pin_stream
update weir.stream
set pin = $2, pin_policy = coalesce($3, pin_policy)
where name = $1

-- name: pause_stream
update weir.stream
set paused_until = coalesce(weir.from_us($2), 'infinity')
where name = $1

-- name: resume_stream
update weir.stream
set paused_until = null
where name = $1

-- name: pause_name
with expired as (
  delete from weir.paused_name
  where until <= now()
    and name <> $1
),
counted as (
  update weir.cluster
  set pauses = pauses + 1
)
insert into weir.paused_name as q(name, until)
values ($1, coalesce(weir.from_us($2), 'infinity'))
on conflict on constraint paused_name_pkey do update
set until = excluded.until

-- name: resume_name
with counted as (
  update weir.cluster
  set pauses = pauses + 1
)
delete from weir.paused_name
where name = $1

-- name: drain_node
update weir.node
set drain_wanted = $2
where name = $1
  and newest

-- name: work_left
-- What a node that runs once waits for: first that it owns what it shall, then that nothing due is left there.
select
  exists (select
          from weir.term t
          where t.ended_at is null)
  and not exists (
    select
    from weir.partition p
    join weir.assignment a on a.part_id = p.part_id
    join weir.stream s on s.stream_id = p.stream_id
    left join weir.node n on n.name = a.node and n.newest
    where case
      when a.node is null then me.weight > 0
      when a.node = me.name then p.owner is distinct from me.node_id
      when a.node = s.pin and s.pin_policy = 'strict' then false
      else coalesce(n.state, 'dead') in ('stopped', 'dead')
    end)
  -- an owner that has not been heard of since this node came, or not for a while, and something due is there: it beats,
  -- or will be declared dead
  and not exists (
    select
    from weir.node n
    join weir.beat b on b.node_id = n.node_id
    join weir.partition p on p.owner = n.node_id
    join weir.stream_now s on s.id = p.stream_id
    join weir.mark m on m.part_id = p.part_id
    where n.node_id <> me.node_id
      and n.state in ('joining', 'active', 'draining')
      and b.beat_at < greatest(me.registered_at,
                               clock_timestamp() - 3 * coalesce(me.cluster_settings ->> 'beat', '1s')::interval)
      and not s.paused
      and (exists (select
                   from weir.unread(p.part_id, m.seen, m.upto, m.at_xid, m.at_id, null, 1))
           or exists (select
                      from weir.open o
                      where o.part_id = p.part_id
                        and (o.state = 'i' or o.due <= now())))),
  (select count(*)
   from (select
         from weir.partition p
         join weir.stream_now s on s.id = p.stream_id
         join weir.mark m on m.part_id = p.part_id
         cross join lateral weir.unread(p.part_id, m.seen, m.upto, m.at_xid, m.at_id, null, $2) u
         where p.owner = me.node_id
           and not s.paused
         union all
         select
         from weir.partition p
         join weir.stream_now s on s.id = p.stream_id
         join weir.open o on o.part_id = p.part_id
         where p.owner = me.node_id
           and not s.paused
           and (o.state = 'i' or o.due <= now())
           and not exists (select from weir.paused_name q where q.name = o.name and q.until > now())
         limit $2) x)
from weir.node me
where me.node_id = $1
  and me.state in ('joining', 'active', 'draining')

-- name: running_tasks
-- tasks IN PROGRESS by the incarnation that owns their partition
select p.owner, count(*)
from weir.open o
join weir.partition p on p.part_id = o.part_id
where o.state = 'i'
  and p.owner is not null
group by p.owner
