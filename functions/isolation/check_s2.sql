-- A dump or COPY by an exempt role holds every tenant; by any other, row_security = off must raise an error. So exemption is for the
-- administrator alone.
create or replace function isolation.check_s2(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select 'S2', case when r.kind in ('owner', 'login', 'request') then 'critical' when r.kind = 'deploy' then 'medium' else 'high' end, 'role ' || r.name,
    format('is %s', case when r.is_super then 'a superuser' else 'marked BYPASSRLS' end),
    format('alter role %I nosuperuser nobypassrls, or list it under roles.admins', r.name), 'PostgreSQL manual, row_security; pg_dump --enable-row-security'
  from isolation.role_facts($1) r
  where (r.is_super or r.bypasses) and r.kind <> 'admin'
  union all
  select 'S2', 'medium', 'role ' || r.name, format('is %s, and the model does not name it', case when r.is_super then 'a superuser' else 'marked BYPASSRLS' end),
    'list it under roles.admins, or take the exemption away', 'PostgreSQL manual, row_security; pg_dump --enable-row-security'
  from isolation.role_facts($1) r
  where (r.is_super or r.bypasses) and r.kind = 'admin' and r.oid <> 10 and $1 -> 'roles' -> 'logins' is not null
    and r.name not in ('rdsadmin', 'azuresu', 'cloudsqladmin', 'cloudsqlagent')
    and not exists (
      select from jsonb_array_elements_text(coalesce($1 -> 'roles' -> 'admins', '[]')) as g (glob)
      where r.name like replace(replace(g.glob, '_', '\_'), '*', '%')
    );
end;
comment on function isolation.check_s2(jsonb) is 'S2: A role is exempt without need.';
revoke all on function isolation.check_s2(jsonb) from public;
grant execute on function isolation.check_s2(jsonb) to bulkhead_auditor;
