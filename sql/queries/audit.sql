-- What people ordered.

-- name: note_action
select weir.note_action($1, $2, $3, $4, $5::jsonb, $6, $7)

-- name: audit_list
select a.audit_id, weir.to_us(a.at), a.who, a.login, a.way, a.action, a.object, a.details::text, a.result
from weir.audit a
where ($1::bigint is null or a.audit_id < $1)
  and ($2::bigint is null or a.at >= weir.from_us($2))
order by a.audit_id desc
limit $3
