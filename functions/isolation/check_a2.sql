-- A record that its subject can edit is none. Only inserts, by the definer functions that write it; no one changes a row, its owner included.
create or replace function isolation.check_a2(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select 'A2', 'critical', t.object, format('%s has %s on the audit log', g.role, g.privilege),
    format('revoke %s on %s from %s', g.privilege, t.object, case when g.grantee = 0 then 'public' else quote_ident(g.role) end), 'PostgreSQL manual, Privileges'
  from isolation.relation_facts($1) t
  join isolation.right_facts($1) g on g.relid = t.oid and g.privilege in ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')
  where (t.object = $1 -> 'audit' ->> 'table' or coalesce($1 -> 'audit' -> 'protected', '[]') ? t.object)
  union all
  select 'A2', 'high', t.object, format('its owner %s may %s it', pg_get_userbyid(t.owner), string_agg(x.privilege_type, ', ' order by x.privilege_type)),
    format('revoke update, delete, truncate on %s from %I', t.object, pg_get_userbyid(t.owner)), 'PostgreSQL manual, Privileges'
  from isolation.relation_facts($1) t
  join pg_class c on c.oid = t.oid
  cross join lateral aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) x
  where (t.object = $1 -> 'audit' ->> 'table' or coalesce($1 -> 'audit' -> 'protected', '[]') ? t.object) and x.grantee = t.owner and x.privilege_type in ('UPDATE', 'DELETE', 'TRUNCATE')
  group by t.object, t.owner
  union all
  select 'A2', 'high', p.object || '.' || p.name, format('is a policy for %s on the audit log', p.command), 'drop it: without a policy FORCE refuses even the owner', 'PostgreSQL manual, CREATE POLICY'
  from isolation.policy_facts($1) p
  where (p.object = $1 -> 'audit' ->> 'table' or coalesce($1 -> 'audit' -> 'protected', '[]') ? p.object) and p.permissive and p.command in ('ALL', 'UPDATE', 'DELETE');
end;
comment on function isolation.check_a2(jsonb) is 'A2: The audit log can be changed, or read across tenants.';
revoke all on function isolation.check_a2(jsonb) from public;
grant execute on function isolation.check_a2(jsonb) to bulkhead_auditor;
