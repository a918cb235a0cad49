-- A leakproof function runs before the policy: one that raises or logs its argument shows every tenant's rows.
create or replace function isolation.check_p9(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select 'P9', 'high', f.object, 'is marked LEAKPROOF, so it sees rows before any policy does', format('alter function %s not leakproof', f.object),
    'PostgreSQL manual, Rules and Privileges'
  from isolation.function_facts($1) f
  where f.leakproof;
end;
comment on function isolation.check_p9(jsonb) is 'P9: A function is marked LEAKPROOF.';
revoke all on function isolation.check_p9(jsonb) from public;
grant execute on function isolation.check_p9(jsonb) to bulkhead_auditor;
