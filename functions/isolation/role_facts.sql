-- What each role is to the model. A login that nobody listed serves: what is unknown is held to the strictest rule.
-- The set is read from pg_roles, which every login may read.
create or replace function isolation.role_facts(model jsonb) returns table (oid oid, name text, is_super boolean, bypasses boolean, can_login boolean, inherits boolean, creates_roles boolean, creates_databases boolean, replicates boolean, kind text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  with listed as materialized (
    select e.kind, replace(replace(g.glob, '_', '\_'), '*', '%') as pattern
    from jsonb_each(coalesce($1 -> 'roles', '{}')) as e (kind, names)
    cross join lateral jsonb_array_elements_text(e.names) as g (glob)
  )
  select
    r.oid, r.rolname::text, r.rolsuper, r.rolbypassrls, r.rolcanlogin, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolreplication,
    case
      when r.oid < 16384 and r.rolname like 'pg\_%' then 'builtin'
      when r.oid = 10 or k.admin or r.rolname in ('rdsadmin', 'azuresu', 'cloudsqladmin', 'cloudsqlagent') then 'admin'
      when k.deploy then 'deploy'
      when k.owner then 'owner'
      when k.auditor then 'auditor'
      -- A superuser whom the model does not know serves nobody; S2 asks who that is.
      when r.rolcanlogin and (r.rolsuper or r.rolbypassrls) and not k.login and $1 -> 'roles' -> 'logins' is not null then 'admin'
      when r.rolcanlogin then 'login'
      when k.request then 'request'
      when $1 -> 'roles' -> 'owners' is null and exists (select from pg_class c where c.relowner = r.oid and c.relkind in ('r', 'p'))
        then 'owner'
      else 'other'
    end
  from pg_roles r
  cross join lateral (
    select
      exists (select from listed l where l.kind = 'admins' and r.rolname like l.pattern) as admin,
      exists (select from listed l where l.kind = 'deploy' and r.rolname like l.pattern) as deploy,
      exists (select from listed l where l.kind = 'owners' and r.rolname like l.pattern) as owner,
      exists (select from listed l where l.kind = 'auditors' and r.rolname like l.pattern) as auditor,
      exists (select from listed l where l.kind = 'logins' and r.rolname like l.pattern) as login,
      exists (select from listed l where l.kind = 'request' and r.rolname like l.pattern) as request
  ) k;
end;
comment on function isolation.role_facts(jsonb) is 'Every role: its kind (login, request, owner, deploy, admin, auditor, builtin, other) and its exemptions.';
revoke all on function isolation.role_facts(jsonb) from public;
grant execute on function isolation.role_facts(jsonb) to bulkhead_auditor;
