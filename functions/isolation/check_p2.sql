-- A WITH CHECK weaker than USING lets a session write a row into another tenant and lose sight of it.
create or replace function isolation.check_p2(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select 'P2', 'critical', p.object || '.' || p.name,
    case when p.check_text is null then 'has no WITH CHECK' else format('WITH CHECK is not bound to the tenant, though %s: %s',
      case when p.command = 'INSERT' then 'it governs inserts' else 'USING is' end, p.check_text) end,
    'repeat the USING expression as WITH CHECK', 'PostgreSQL manual, CREATE POLICY'
  from isolation.policy_facts($1) p
  where p.permissive and p.command in ('ALL', 'UPDATE') and p.class in ('tenant', 'unknown')
    and p.using_worth in ('tenant', 'meant') and p.check_worth in ('always', 'other');
end;
comment on function isolation.check_p2(jsonb) is 'P2: New rows are checked by less than what is seen.';
revoke all on function isolation.check_p2(jsonb) from public;
grant execute on function isolation.check_p2(jsonb) to bulkhead_auditor;
