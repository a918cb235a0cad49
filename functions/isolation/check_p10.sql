-- Behind a pool every tenant is the same login. A pattern comes from the caller: % is every tenant.
create or replace function isolation.check_p10(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select 'P10', p.severity, y.object || '.' || y.name, p.problem, p.mend, 'PostgreSQL manual, CREATE POLICY'
  from isolation.policy_facts($1) y
  cross join lateral (
    select e.text from (values (y.using_text, y.using_worth), (y.check_text, y.check_worth)) as e (text, worth)
    where e.text is not null and e.worth not in ('meant')
  ) e
  join lateral (
    select 'high', 'matches the tenant by a pattern, which the context may fill with wildcards: ' || e.text, 'compare with ='
    where e.text ~ '(~~|~|LIKE|SIMILAR)' and e.text ~* '(current_setting|session\.|context|tenant)'
    union all
    select 'medium', 'trusts the database login, which a pool shares between tenants: ' || e.text, 'take the tenant from the session''s context'
    where e.text ~ '\m(CURRENT_USER|SESSION_USER|CURRENT_ROLE)\M' and y.using_worth is distinct from 'tenant'
  ) p (severity, problem, mend) on true
  where y.class = 'tenant' and y.permissive;
end;
comment on function isolation.check_p10(jsonb) is 'P10: A policy trusts the login''s name, or matches by pattern.';
revoke all on function isolation.check_p10(jsonb) from public;
grant execute on function isolation.check_p10(jsonb) to bulkhead_auditor;
