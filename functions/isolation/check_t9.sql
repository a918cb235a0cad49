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
  where current_setting('lo_compat_privileges') = 'on';
end;
comment on function isolation.check_t9(jsonb) is 'T9: Large objects belong to a login, not to a tenant.';
revoke all on function isolation.check_t9(jsonb) from public;
grant execute on function isolation.check_t9(jsonb) to bulkhead_auditor;
