-- Who can write the membership that a policy looks up grants themselves the tenant.
create or replace function isolation.check_p8(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  with behind as materialized (
    select * from isolation.behind_facts($1)
  ), relations as materialized (
    select * from isolation.relation_facts($1)
  ), rights as materialized (
    select * from isolation.right_facts($1)
  )
  select distinct 'P8', case when t.class = 'tenant' and t.rls then 'medium' else 'critical' end, t.object,
    format('%s has %s on it, and policies look the tenant up here', g.role, g.privilege),
    format('revoke %s on %s from %s; write it through a function that checks', g.privilege, t.object, case when g.grantee = 0 then 'public' else quote_ident(g.role) end),
    'PostgreSQL manual, Row Security Policies'
  from behind b
  join relations t on not b.is_function and t.oid = b.oid
  join rights g on g.relid = t.oid and g.privilege in ('INSERT', 'UPDATE', 'DELETE')
  where not (t.class = 'tenant' and t.rls and $1 -> 'access' is not null)
  union all
  select 'P8', 'high', t.object, 'policies look the tenant up here, and row-level security is off while it is granted to ' || string_agg(distinct g.role, ', '),
    format('alter table %s enable row level security', t.object), 'PostgreSQL manual, Row Security Policies'
  from behind b
  join relations t on not b.is_function and t.oid = b.oid and not t.rls and t.class <> 'reference'
  join rights g on g.relid = t.oid
  group by t.object;
end;
comment on function isolation.check_p8(jsonb) is 'P8: The table behind a policy can be written.';
revoke all on function isolation.check_p8(jsonb) from public;
grant execute on function isolation.check_p8(jsonb) to bulkhead_auditor;
