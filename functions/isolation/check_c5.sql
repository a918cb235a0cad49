-- pg_stat_activity shows a login its own sessions' statements, whatever their tenant. LISTEN and NOTIFY know no grants at all.
create or replace function isolation.check_c5(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select 'C5', 'low', 'pg_stat_activity', format('sessions of %s see each other''s statements', string_agg(a.name, ', ' order by a.name)),
    'send values as bind parameters, and accept it with that reason', 'PostgreSQL manual, pg_stat_activity'
  from isolation.actor_facts($1) a
  join pg_roles r on r.oid = a.oid and r.rolcanlogin
  where a.kind = 'login'
  having count(*) > 0
  union all
  select 'C5', 'low', 'NOTIFY', 'every session can listen to and send on every channel', 'send ids only, sign or seal what is trusted, and accept it with that reason',
    'PostgreSQL manual, NOTIFY'
  where exists (select from isolation.actor_facts($1) a where a.kind in ('login', 'request'));
end;
comment on function isolation.check_c5(jsonb) is 'C5: Sessions of one login see each other.';
revoke all on function isolation.check_c5(jsonb) from public;
grant execute on function isolation.check_c5(jsonb) to bulkhead_auditor;
