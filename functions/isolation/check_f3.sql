-- With the owner's rights a text from the caller must not become a statement, and the context must not outlive the call.
create or replace function isolation.check_f3(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select 'F3', p.severity, f.object, p.problem, p.mend, 'PostgreSQL manual, CREATE FUNCTION: Writing SECURITY DEFINER Functions Safely'
  from isolation.function_facts($1) f
  join lateral (
    select 'high', 'changes a setting that carries the tenant, the role or row-level security', 'leave the context to the caller: take it as an argument, or read it'
    where f.body ~* '(set_config\(\s*''(role|row_security|session_authorization|search_path)'')' or f.body ~* '\mset\s+(local\s+|session\s+)?(role|row_security|session\s+authorization)\M'
      or exists (
        select from jsonb_array_elements_text(coalesce($1 -> 'context' -> 'settings', '[]')) as s (name)
        where f.body ~* ('(set_config\(\s*''|\mset\s+(local\s+|session\s+)?)' || replace(s.name, '.', '\.'))
      )
      or exists (select from unnest(f.settings) as s (setting) where s.setting ~ '^(role|row_security|session_replication_role)=')
    union all
    select 'medium', 'builds SQL from text with its owner''s rights', 'write the statement out; else state the reason under `meant`'
    where f.language = 'plpgsql' and f.body ~* '(^|[;\s])execute\s+(?!function|procedure|on\M)'
      or f.body ~* '\mquery_to_xml|\mdblink_exec'
  ) p (severity, problem, mend) on true
  where f.is_definer;
end;
comment on function isolation.check_f3(jsonb) is 'F3: A definer function changes the context or runs dynamic SQL.';
revoke all on function isolation.check_f3(jsonb) from public;
grant execute on function isolation.check_f3(jsonb) to bulkhead_auditor;
