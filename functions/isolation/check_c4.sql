-- reltuples and the statistics views are everybody's to read; a sequence counts what all tenants made.
create or replace function isolation.check_c4(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select 'C4', 'low', 'pg_class.reltuples', 'every role can read how many rows a table has, over all tenants', 'let no caller send SQL, and accept it with that reason',
    'PostgreSQL manual, pg_class'
  where exists (select from isolation.relation_facts($1) t where t.class = 'tenant')
    and exists (select from isolation.actor_facts($1) a where a.kind in ('login', 'request'))
  union all
  select 'C4', 'low', 'pg_stat_all_tables', 'every role can read how many rows were written and scanned, over all tenants',
    'revoke select on the pg_stat views from public, or accept it with the reason', 'PostgreSQL manual, The Cumulative Statistics System'
  where exists (select from isolation.relation_facts($1) t where t.class = 'tenant')
    and has_table_privilege('public', 'pg_catalog.pg_stat_all_tables', 'select')
  union all
  select 'C4', 'medium', g.object, format('%s can read this sequence: it counts what every tenant makes', string_agg(distinct g.role, ', ')),
    format('grant usage only, or use uuids: revoke select on sequence %s', g.object), 'PostgreSQL manual, Sequence Manipulation Functions'
  from isolation.right_facts($1) g
  where g.relkind = 'S' and g.privilege = 'SELECT' and exists (
    select from pg_depend d join isolation.relation_facts($1) t on t.oid = d.refobjid and t.class = 'tenant'
    where d.classid = 'pg_class'::regclass and d.objid = g.relid and d.deptype in ('a', 'i')
  )
  group by g.object;
end;
comment on function isolation.check_c4(jsonb) is 'C4: The catalogs tell of other tenants'' volume.';
revoke all on function isolation.check_c4(jsonb) from public;
grant execute on function isolation.check_c4(jsonb) to bulkhead_auditor;
