-- EXPLAIN estimates from statistics over all tenants, and EXPLAIN ANALYZE counts rows that a policy removed. Postgres offers no way to
-- close this for a role that can send SQL and read the table.
create or replace function isolation.check_c3(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select 'C3', 'low', 'EXPLAIN', format('%s can read tenant tables, and so their estimates over all tenants by EXPLAIN', string_agg(distinct g.role, ', ')),
    'let no caller send SQL or EXPLAIN, and accept it with that reason', 'PostgreSQL manual, Rules and Privileges; CVE-2017-7484'
  from isolation.right_facts($1) g
  join isolation.relation_facts($1) t on t.oid = g.relid and t.class = 'tenant'
  where g.privilege = 'SELECT'
  having count(*) > 0;
end;
comment on function isolation.check_c3(jsonb) is 'C3: The planner tells of other tenants.';
revoke all on function isolation.check_c3(jsonb) from public;
grant execute on function isolation.check_c3(jsonb) to bulkhead_auditor;
