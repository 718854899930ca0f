-- Schedules: what a leader fires, and what people ask and order of them.

-- name: declare_schedules
select to_json(weir.declare_schedules($1, $2::jsonb))

-- name: schedules_due
-- One row, whatever is due: the clock, the rows, and how long until one of the others is due or resumes.
select weir.to_us(now()),
  (select coalesce(json_agg(d), '[]')
   from (select v.*
         from weir.schedule s
         join weir.schedule_now v on v.id = s.schedule_id
         where (s.next_at is null or s.next_at <= now())
           and coalesce(s.paused_until <= now(), true)
         order by s.next_at nulls first, s.schedule_id
         limit $1) d),
  (select ceil(extract(epoch from min(greatest(s.next_at, s.paused_until)) - now()) * 1000)::bigint
   from weir.schedule s
   where (s.next_at > now() or s.paused_until > now())
     and coalesce(isfinite(s.paused_until), true))

-- name: fire_schedule
select to_json(weir.fire_schedule($1, $2, $3, $4, weir.from_us($5),
                                  array(select weir.from_us(u) from unnest($6::bigint[]) with ordinality t(u, n)
                                        order by n),
                                  weir.from_us($7)))

-- name: schedule_list
select to_json(v)
from weir.schedule_now v
where $1::text is null
   or v.name = $1
order by v.name

-- name: add_schedule
select to_json(weir.add_schedule($1::jsonb))

-- name: remove_schedule
delete from weir.schedule
where name = $1

-- name: pause_schedule
update weir.schedule
set paused_until = coalesce(weir.from_us($2), 'infinity')
where name = $1

-- name: resume_schedule
-- Where it is not paused, nothing changes: ticks that are due just now are not of a pause.
update weir.schedule
set paused_until = case when paused_until > now() then now() else paused_until end
where name = $1

-- name: trigger_schedule
select weir.trigger_schedule($1, $2)
