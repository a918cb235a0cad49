-- A shared login owns what any tenant stored through it. Row-level security knows no large objects.
create or replace function isolation.check_t9(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select 'T9', 'high', 'large objects of ' || pg_get_userbyid(l.lomowner), format('%s large objects that every session of %s can read', count(*), pg_get_userbyid(l.lomowner)),
    'store bytes in a table with a tenant column, then lo_unlink them', 'PostgreSQL manual, Large Objects'
  from pg_largeobject_metadata l
  where l.lomowner in (select a.oid from isolation.actor_facts($1) a)
    or exists (select from aclexplode(l.lomacl) x where x.grantee = 0 or x.grantee in (select a.oid from isolation.actor_facts($1) a))
  group by l.lomowner
  union all
  select 'T9', 'high', 'setting lo_compat_privileges', 'large objects are read and written without any check', 'alter system reset lo_compat_privileges', 'PostgreSQL manual, lo_compat_privileges'
  where current_setting('lo_compat_privileges') = 'on'
  union all
  select 'T9', 'medium', 'function ' || p.oid::regprocedure::text, 'PUBLIC may make large objects, which then belong to a login and not to a tenant',
    format('revoke execute on function %s from public', p.oid::regprocedure), 'PostgreSQL manual, Large Objects'
  from pg_proc p
  where p.oid in ('pg_catalog.lo_creat(integer)'::regprocedure, 'pg_catalog.lo_create(oid)'::regprocedure, 'pg_catalog.lo_from_bytea(oid, bytea)'::regprocedure)
    and ($1 ->> 'strict')::boolean and (p.proacl is null or exists (select from aclexplode(p.proacl) x where x.grantee = 0));
end;
comment on function isolation.check_t9(jsonb) is 'T9: Large objects belong to a login, not to a tenant.';
revoke all on function isolation.check_t9(jsonb) from public;
grant execute on function isolation.check_t9(jsonb) to bulkhead_auditor;
