-- A default privilege opens a table before anybody has written its policies. A function is PUBLIC's at birth unless a default
-- privilege of its owner says otherwise.
create or replace function isolation.check_t4(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select 'T4', case d.defaclobjtype when 'r' then 'high' else 'medium' end, 'default privileges of ' || pg_get_userbyid(d.defaclrole),
    format('%s will have %s on every new %s%s', case when x.grantee = 0 then 'PUBLIC' else pg_get_userbyid(x.grantee)::text end, x.privilege_type,
      case d.defaclobjtype when 'r' then 'table' when 'S' then 'sequence' when 'f' then 'function' when 'n' then 'schema' else 'type' end,
      ' in ' || n.nspname),
    format('alter default privileges for role %I%s revoke %s on … from %s', pg_get_userbyid(d.defaclrole), ' in schema ' || n.nspname,
      x.privilege_type, case when x.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(x.grantee)) end),
    'PostgreSQL manual, ALTER DEFAULT PRIVILEGES'
  from pg_default_acl d
  cross join lateral aclexplode(d.defaclacl) x
  left join pg_namespace n on n.oid = d.defaclnamespace
  where d.defaclobjtype in ('r', 'S', 'f', 'n')
    and (x.grantee = 0 or x.grantee in (select a.oid from isolation.actor_facts($1) a)) and x.grantee <> d.defaclrole
  union all
  select 'T4', 'medium', 'default privileges of ' || r.name, 'PUBLIC may execute every function that it makes, from birth',
    format('alter default privileges for role %I revoke execute on functions from public', r.name), 'PostgreSQL manual, ALTER DEFAULT PRIVILEGES'
  from isolation.role_facts($1) r
  where r.kind = 'owner' and ($1 ->> 'strict')::boolean
    and exists (select from isolation.schema_facts($1) n where n.owner = r.oid)
    and not exists (
      select from pg_default_acl d
      where d.defaclrole = r.oid and d.defaclnamespace = 0 and d.defaclobjtype = 'f'
        and not exists (select from aclexplode(d.defaclacl) x where x.grantee = 0)
    );
end;
comment on function isolation.check_t4(jsonb) is 'T4: Future objects are granted by default.';
revoke all on function isolation.check_t4(jsonb) from public;
grant execute on function isolation.check_t4(jsonb) to bulkhead_auditor;
