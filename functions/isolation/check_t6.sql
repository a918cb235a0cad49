-- A materialized view is a copy with no policies; a foreign table and a user mapping act with another server's rights.
create or replace function isolation.check_t6(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select 'T6', 'high', g.object, format('%s can read this %s, which row-level security cannot protect', string_agg(distinct g.role, ', '),
      case g.relkind when 'm' then 'materialized view' else 'foreign table' end),
    'revoke it, and give rows out through a function that checks the tenant', 'PostgreSQL manual, CREATE MATERIALIZED VIEW; CREATE FOREIGN TABLE'
  from isolation.right_facts($1) g
  where g.relkind in ('m', 'f')
  group by g.object, g.relkind
  union all
  select 'T6', 'high', 'user mapping on ' || m.srvname, format('%s reaches the server %s with a stored login', coalesce(nullif(m.usename, 'public'), 'PUBLIC'), m.srvname),
    format('drop user mapping for %s server %I', case when m.umuser = 0 then 'public' else quote_ident(m.usename) end, m.srvname), 'PostgreSQL manual, CREATE USER MAPPING'
  from pg_user_mappings m
  where m.umuser = 0 or m.umuser in (select a.oid from isolation.actor_facts($1) a)
  union all
  select 'T6', 'medium', 'extension dblink', 'PUBLIC may open connections from inside the database', 'revoke execute on its functions from public', 'PostgreSQL manual, dblink'
  from pg_extension e
  where e.extname = 'dblink' and exists (
    select from pg_depend d join pg_proc p on p.oid = d.objid
    where d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid and d.classid = 'pg_proc'::regclass and p.proname = 'dblink_connect'
      and (p.proacl is null or exists (select from aclexplode(p.proacl) x where x.grantee = 0))
  );
end;
comment on function isolation.check_t6(jsonb) is 'T6: A materialized view, foreign table or link holds rows without row-level security.';
revoke all on function isolation.check_t6(jsonb) from public;
grant execute on function isolation.check_t6(jsonb) to bulkhead_auditor;
