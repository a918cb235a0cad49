-- A run that looked at nothing must not look like a clean one: the command fails on a zero.
create or replace function isolation.coverage(model jsonb default isolation.config()) returns table (tables integer, tenant_tables integer, policies integer, functions integer, roles integer)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select
    (select count(*)::integer from isolation.relation_facts($1)),
    (select count(*)::integer from isolation.relation_facts($1) t where t.class = 'tenant'),
    (select count(*)::integer from isolation.policy_facts($1)),
    (select count(*)::integer from isolation.function_facts($1)),
    (select count(*)::integer from isolation.actor_facts($1));
end;
comment on function isolation.coverage(jsonb) is 'How much the checks looked at.';
revoke all on function isolation.coverage(jsonb) from public;
grant execute on function isolation.coverage(jsonb) to bulkhead_auditor;
