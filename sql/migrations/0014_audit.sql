-- What people ordered: a row for every action of an operator, written in the transaction that acts.
create table weir.audit(
  audit_id bigint primary key generated always as identity,
  at timestamptz not null default clock_timestamp(),
  who text not null,
  login text not null default session_user,
  way text not null constraint way_is_known check (way in ('cli', 'http', 'program')),
  action text not null constraint action_is_a_word check (action ~ '^[a-z]+\.[a-z-]+$' and length(action) <= 64),
  object text not null,
  details jsonb not null,
  result text not null,
  request text,
  constraint texts_are_bounded check (octet_length(who) between 1 and 512 and octet_length(object) <= 512
                                      and octet_length(details::text) <= 8192 and octet_length(result) <= 2000
                                      and octet_length(request) <= 64)
);
create index audit_at on weir.audit(at);
create unique index audit_request on weir.audit(request, action, object) where request is not null;
comment on table weir.audit is 'what people ordered';
comment on column weir.audit.audit_id is 'grows with time';
comment on column weir.audit.at is 'when it began';
comment on column weir.audit.who is 'who said it was ordered by: USER@HOST, or the name of an API token';
comment on column weir.audit.login is 'the login it came by: this the database knows by itself';
comment on column weir.audit.way is 'cli, http, or program: a program that uses the library';
comment on column weir.audit.action is 'what was ordered, as stream.pause';
comment on column weir.audit.object is 'of what: the name of a stream, node, task or schedule, or a task id, or empty';
comment on column weir.audit.details is 'with which values; of many tasks at once their number and the filter';
comment on column weir.audit.result is 'ok, or why it was not done';
comment on column weir.audit.request is 'one command or request: what it does in several transactions is one row';

-- The one way to write a row; nobody but the owner can change or drop one. An order of many tasks is carried out in
-- several transactions: those of one request add up their figures in one row, and the last result counts.
create function weir.note_action(who text, way text, action text, object text, details jsonb, result text,
                                 request text)
returns void
language sql
security definer
set search_path = weir, pg_temp
as $$
  insert into weir.audit as a(who, way, action, object, details, result, request)
  values (left(coalesce(nullif(note_action.who, ''), session_user), 128), note_action.way, note_action.action,
          left(note_action.object, 128), note_action.details, left(note_action.result, 500),
          nullif(note_action.request, ''))
  on conflict (request, action, object) where request is not null do update
  set details = a.details || (
        select coalesce(jsonb_object_agg(n.key, case
          when jsonb_typeof(n.value) = 'number' and jsonb_typeof(a.details -> n.key) = 'number'
            then to_jsonb((a.details ->> n.key)::numeric + (n.value #>> '{}')::numeric)
          else coalesce(a.details -> n.key, n.value) end), '{}')
        from jsonb_each(excluded.details) n),
      result = excluded.result
$$;
comment on function weir.note_action(text, text, text, text, jsonb, text, text) is 'writes down what an operator did';

insert into weir.role_right(object, reader, node)
values
  ('audit', 'select', 'select'),
  ('audit_audit_id_seq', '', ''),
  ('note_action', '', 'execute');
select weir.renew_grants();
