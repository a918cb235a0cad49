-- Without a context a comparison must come out null or false. A spent SET LOCAL leaves an empty string, not null.
create or replace function isolation.check_p5(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select 'P5', p.severity, y.object || '.' || y.name, p.problem, p.mend, 'PostgreSQL manual, CREATE POLICY'
  from isolation.policy_facts($1) y
  cross join lateral (
    select e.text from (values (y.using_text, y.using_worth), (y.check_text, y.check_worth)) as e (text, worth)
    where e.text is not null and e.worth <> 'meant'
  ) e
  join lateral (
    select 'high', 'is true for every row when the context is null: ' || e.text, 'compare with =, without coalesce, IS NULL or IS NOT DISTINCT FROM'
    where e.text ~* ('coalesce\(.*, ' || y.tenant_column || '\)') or e.text ~* 'IS (NOT )?DISTINCT FROM'
      or e.text ~* 'current_setting\([^)]*\)[^=]* IS NULL' or e.text ~* 'current_setting\([^)]*\) = ''''' or e.text ~* '\([^()]*\(\) IS NULL\) OR'
      or e.text ~* ' OR \(?\(*[^()]*\(*\)* ?IS NULL' and e.text ~* 'current_setting'
    union all
    select 'low', 'raises an error instead of showing nothing when the context is empty: ' || e.text,
      'wrap the setting: nullif(current_setting(…, true), '''')'
    where e.text ~* 'current_setting\([^)]*\)\)*::(uuid|integer|bigint)' and e.text !~* 'nullif'
  ) p (severity, problem, mend) on true
  where y.class = 'tenant' and y.permissive;
end;
comment on function isolation.check_p5(jsonb) is 'P5: A policy is open when the context is unset or empty.';
revoke all on function isolation.check_p5(jsonb) from public;
grant execute on function isolation.check_p5(jsonb) to bulkhead_auditor;
