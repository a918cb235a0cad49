-- session_replication_role = replica skips every ordinary trigger and foreign key: orphans, and no audit trail.
create or replace function isolation.check_r4(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select 'R4', case when a.parname = 'session_replication_role' then 'critical' else 'medium' end,
    'parameter ' || a.parname,
    format('%s may %s it', case when x.grantee = 0 then 'PUBLIC' else pg_get_userbyid(x.grantee)::text end, x.privilege_type),
    format('revoke %s on parameter %s from %s', x.privilege_type, a.parname, case when x.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(x.grantee)) end),
    'PostgreSQL manual, session_replication_role'
  from pg_parameter_acl a
  cross join lateral aclexplode(a.paracl) x
  left join isolation.role_facts($1) r on r.oid = x.grantee
  where coalesce(r.kind, 'public') not in ('admin', 'builtin')
  union all
  select 'R4', 'high', t.object, format('the triggers of the foreign key %s are %s', coalesce(c.conname::text, g.tgname::text),
      case g.tgenabled when 'D' then 'disabled' when 'R' then 'enabled on replicas only' else 'enabled always' end),
    format('alter table %s enable trigger all', t.object), 'PostgreSQL manual, ALTER TABLE'
  from isolation.relation_facts($1) t
  join pg_trigger g on g.tgrelid = t.oid and g.tgisinternal and g.tgenabled in ('D', 'R')
  left join pg_constraint c on c.oid = g.tgconstraint;
end;
comment on function isolation.check_r4(jsonb) is 'R4: Triggers and foreign keys can be switched off.';
revoke all on function isolation.check_r4(jsonb) from public;
grant execute on function isolation.check_r4(jsonb) to bulkhead_auditor;
