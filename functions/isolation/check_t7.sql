-- A row without a tenant is nobody's and, to a careless policy, everybody's. A row whose tenant may be changed can be planted in another.
create or replace function isolation.check_t7(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select 'T7', 'high', t.object || '.' || t.tenant_column, 'the tenant column may be null',
    format('alter table %s alter column %I set not null', t.object, t.tenant_column), 'PostgreSQL manual, Row Security Policies'
  from isolation.relation_facts($1) t
  where t.class = 'tenant' and not t.tenant_not_null and not t.is_child
  union all
  select 'T7', case when u.bound then 'medium' else 'high' end, t.object || '.' || t.tenant_column,
    format('%s may update the tenant column%s', g.role, case when u.bound then '' else ', and no WITH CHECK keeps the row in its tenant' end),
    format('grant update on the other columns only: revoke update on %s from %s', t.object, case when g.grantee = 0 then 'public' else quote_ident(g.role) end),
    'PostgreSQL manual, Row Security Policies'
  from isolation.relation_facts($1) t
  join isolation.right_facts($1) g on g.relid = t.oid and g.privilege = 'UPDATE' and (g.column_name is null or g.column_name = t.tenant_column)
  cross join lateral (
    select coalesce(bool_and(p.check_worth = 'tenant'), false) as bound
    from isolation.policy_facts($1) p
    where p.relid = t.oid and p.permissive and p.command in ('ALL', 'UPDATE') and (g.grantee = any (p.role_oids) or p.role_oids = '{0}')
  ) u
  where t.class = 'tenant' and (not u.bound or ($1 ->> 'strict')::boolean);
end;
comment on function isolation.check_t7(jsonb) is 'T7: The tenant column may be null, or may be changed.';
revoke all on function isolation.check_t7(jsonb) from public;
grant execute on function isolation.check_t7(jsonb) to bulkhead_auditor;
