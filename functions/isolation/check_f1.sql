-- It runs as its owner: where row-level security does not bind the owner, every caller is past it. A NULL acl is PUBLIC.
create or replace function isolation.check_f1(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select 'F1', case when f.executors <> '{}' then 'critical' else 'high' end, f.object,
    format('runs as %s, who is exempt from row-level security%s', r.name, case when f.executors <> '{}' then ', for ' || array_to_string(f.executors, ', ') else '' end),
    'give it an owner without SUPERUSER and BYPASSRLS', 'PostgreSQL manual, CREATE FUNCTION: Writing SECURITY DEFINER Functions Safely'
  from isolation.function_facts($1) f
  join isolation.role_facts($1) r on r.oid = f.owner
  where f.is_definer and (r.is_super or r.bypasses) and not (f.is_trigger and r.kind = 'admin' and f.executors = '{}' and not coalesce(($1 ->> 'strict')::boolean, false))
  union all
  select 'F1', case when f.is_definer then 'high' else 'medium' end, f.object,
    'PUBLIC may execute it' || case when f.is_definer then ', with the rights of ' || pg_get_userbyid(f.owner) else '' end,
    format('revoke all on function %s from public', f.object), 'PostgreSQL manual, CREATE FUNCTION: Writing SECURITY DEFINER Functions Safely'
  from isolation.function_facts($1) f
  where 'PUBLIC' = any (f.executors) and (f.is_definer and not f.is_trigger or ($1 ->> 'strict')::boolean);
end;
comment on function isolation.check_f1(jsonb) is 'F1: A definer function is exempt, or PUBLIC may execute it.';
revoke all on function isolation.check_f1(jsonb) from public;
grant execute on function isolation.check_f1(jsonb) to bulkhead_auditor;
