-- A superuser and a BYPASSRLS role see every tenant. What counts is not who they are but who can become one of them.
create or replace function isolation.check_r1(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select 'R1', 'critical', 'role ' || e.login,
    format('can act as %s, which is exempt from row-level security (%s)', e.path, case when r.is_super then 'superuser' else 'BYPASSRLS' end),
    case when e.login_oid = e.role_oid then format('alter role %I nosuperuser nobypassrls', e.login)
      else format('revoke the membership on the path %s', e.path) end,
    'PostgreSQL manual, Row Security Policies'
  from isolation.reach_facts($1) e
  join isolation.role_facts($1) r on r.oid = e.role_oid
  where r.is_super or r.bypasses
  union all
  -- A login that inherits has a request's rights before any request: after RESET ROLE, injected SQL keeps them.
  select 'R1', 'medium', 'role ' || l.name, format('inherits the rights of %s, which it should have to become', r.name),
    format('grant %I to %I with inherit false; before 16: alter role %I noinherit', r.name, l.name, l.name), 'PostgreSQL manual, Role Membership'
  from isolation.privilege_facts($1) p
  join isolation.role_facts($1) l on l.oid = p.actor_oid and l.kind = 'login'
  join isolation.role_facts($1) r on r.oid = p.grantee_oid and r.kind = 'request'
  where ($1 ->> 'strict')::boolean;
end;
comment on function isolation.check_r1(jsonb) is 'R1: An exempt role is reachable.';
revoke all on function isolation.check_r1(jsonb) from public;
grant execute on function isolation.check_r1(jsonb) to bulkhead_auditor;
