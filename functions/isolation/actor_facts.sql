-- The roles whose rights count: what serving logins act as. Owners, builtin and exempt roles are left out, because reaching one of
-- those is a finding of its own (R1, R2, R3) that would otherwise repeat for every table.
create or replace function isolation.actor_facts(model jsonb) returns table (oid oid, name text, kind text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select distinct r.oid, r.name, r.kind
  from isolation.reach_facts($1) e
  join isolation.role_facts($1) r on r.oid = e.role_oid
  where r.kind in ('login', 'request', 'auditor', 'other') and not r.is_super and not r.bypasses;
end;
comment on function isolation.actor_facts(jsonb) is 'The roles that requests and services run as.';
revoke all on function isolation.actor_facts(jsonb) from public;
grant execute on function isolation.actor_facts(jsonb) to bulkhead_auditor;
