-- Permissive policies add up: the widest one wins. One that is not bound undoes all the others, unless a restrictive policy stands
-- beneath them.
create or replace function isolation.check_p3(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select 'P3', 'high', p.object || '.' || p.name,
    format('is joined by OR with %s, and is not bound to the tenant', string_agg(distinct o.name, ', ')),
    'bind it, or add a restrictive policy that compares the tenant column', 'PostgreSQL manual, CREATE POLICY'
  from isolation.policy_facts($1) p
  join isolation.policy_facts($1) o on o.relid = p.relid and o.oid <> p.oid and o.permissive
    and (o.command = p.command or 'ALL' in (o.command, p.command)) and (o.role_oids && p.role_oids or 0 = any (o.role_oids || p.role_oids))
  where p.permissive and p.class in ('tenant', 'unknown') and (p.using_worth in ('always', 'other') or p.check_worth in ('always', 'other'))
    and (o.using_worth = 'tenant' or o.check_worth = 'tenant')
    and not exists (
      select from isolation.policy_facts($1) f
      where f.relid = p.relid and not f.permissive and 'tenant' in (f.using_worth, f.check_worth) and (f.command in ('ALL', p.command))
        and (f.role_oids @> p.role_oids or 0 = any (f.role_oids))
    )
  group by p.object, p.name
  union all
  select 'P3', 'medium', p.object || '.' || p.name, 'holds for every role (PUBLIC): a role that is added later gets it unasked',
    format('alter policy %I on %s to the roles that are meant', p.name, p.object), 'PostgreSQL manual, CREATE POLICY'
  from isolation.policy_facts($1) p
  where p.permissive and 0 = any (p.role_oids) and ($1 ->> 'strict')::boolean
  union all
  select 'P3', 'medium', p.object || '.' || p.name, 'is restrictive and not bound to the tenant, so it is no floor', 'compare the tenant column', 'PostgreSQL manual, CREATE POLICY'
  from isolation.policy_facts($1) p
  where not p.permissive and p.using_worth = 'always' and p.class = 'tenant';
end;
comment on function isolation.check_p3(jsonb) is 'P3: Policies are joined by OR without a floor.';
revoke all on function isolation.check_p3(jsonb) from public;
grant execute on function isolation.check_p3(jsonb) to bulkhead_auditor;
