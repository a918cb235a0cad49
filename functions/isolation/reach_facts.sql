-- Every role that a serving login can act as: itself, what it inherits, what it can SET ROLE to, and what it can grant itself
-- (an admin option is as good as membership). Before 16 a membership always allowed SET ROLE.
create or replace function isolation.reach_facts(model jsonb) returns table (login_oid oid, login text, role_oid oid, role text, path text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  with recursive walk (login, role, path, visited) as (
    select r.oid, r.oid, r.name collate "C", array[r.oid]
    from isolation.role_facts($1) r
    where r.kind in ('login', 'auditor')
    union all
    select w.login, m.roleid, w.path || ' > ' || (pg_get_userbyid(m.roleid)::text collate "C"), w.visited || m.roleid
    from walk w
    join pg_auth_members m on m.member = w.role
    where not m.roleid = any (w.visited)
      and (
        m.admin_option
        or coalesce((to_jsonb(m) ->> 'set_option')::boolean, true)
        or coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, true)
      )
  )
  select distinct on (w.login, w.role) w.login, l.name, w.role, r.name, w.path
  from walk w
  join isolation.role_facts($1) l on l.oid = w.login
  join isolation.role_facts($1) r on r.oid = w.role
  order by w.login, w.role, cardinality(w.visited);
end;
comment on function isolation.reach_facts(jsonb) is 'Which roles each serving login reaches, and by which path.';
revoke all on function isolation.reach_facts(jsonb) from public;
grant execute on function isolation.reach_facts(jsonb) to bulkhead_auditor;
