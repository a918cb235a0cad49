-- How long a statement takes depends on what all tenants have stored: the cache, an index's depth, a lock that somebody holds. Postgres offers
-- no way to close this; it is said so that it is accepted knowingly.
create or replace function isolation.check_c6(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select 'C6', 'low', 'timing', format('%s can read tenant tables, and how long that takes depends on every tenant''s rows', string_agg(distinct g.role, ', ')),
    'let no caller choose statements, bound what a request may cost, and accept it with that reason', 'PostgreSQL manual, Rules and Privileges'
  from isolation.right_facts($1) g
  join isolation.relation_facts($1) t on t.oid = g.relid and t.class = 'tenant'
  where g.privilege = 'SELECT'
  having count(*) > 0;
end;
comment on function isolation.check_c6(jsonb) is 'C6: Timing tells of other tenants.';
revoke all on function isolation.check_c6(jsonb) from public;
grant execute on function isolation.check_c6(jsonb) to bulkhead_auditor;
