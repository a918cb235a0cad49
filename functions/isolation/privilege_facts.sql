-- Whose rights and whose policies a role has without SET ROLE: its own, PUBLIC's (0), and what it inherits.
create or replace function isolation.privilege_facts(model jsonb) returns table (actor_oid oid, grantee_oid oid)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  with recursive walk (actor, grantee) as (
    select r.oid, r.oid from isolation.role_facts($1) r where r.kind in ('login', 'request', 'auditor', 'other', 'owner')
    union
    select w.actor, m.roleid
    from walk w
    join pg_auth_members m on m.member = w.grantee
    join pg_roles r on r.oid = m.member
    where coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, r.rolinherit)
  )
  select w.actor, w.grantee from walk w
  union all
  select r.oid, 0::oid from isolation.role_facts($1) r where r.kind in ('login', 'request', 'auditor', 'other', 'owner');
end;
comment on function isolation.privilege_facts(jsonb) is 'For each actor and owner: the roles whose grants it uses.';
revoke all on function isolation.privilege_facts(jsonb) from public;
grant execute on function isolation.privilege_facts(jsonb) to bulkhead_auditor;
