-- For DBAs: select * from isolation.matrix() where reach <> 'none'.
create or replace function isolation.matrix(model jsonb default isolation.config()) returns table (role text, kind text, object text, class text, command text, reach text, is_meant boolean, columns text[], why text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select m.role, m.kind, m.object, m.class, m.command, m.reach, m.is_meant, m.columns, m.why
  from isolation.matrix_facts($1) m
  order by m.object, m.role, array_position(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'], m.command);
end;
comment on function isolation.matrix(jsonb) is 'Who reaches what: role by table by command, none, own or all rows, and why.';
revoke all on function isolation.matrix(jsonb) from public;
grant execute on function isolation.matrix(jsonb) to bulkhead_auditor;
