-- Whoever a request or a service can be: each role once, behind a login that reaches it. Exempt roles are left to R1.
-- Where an auditor started the probing: the request roles, which have stand-ins.
create or replace function isolation.probe_actors(model jsonb) returns table (role text, login text, kind text)
language sql stable
set search_path to pg_catalog, pg_temp
as $$
  select distinct on (a.name) a.name, coalesce(e.login, a.name), a.kind
  from isolation.actor_facts(model) a
  left join isolation.reach_facts(model) e on e.role_oid = a.oid
  where current_user = session_user or to_regprocedure(format('isolation.%I(text[])', 'probe_as_' || a.name)) is not null
  order by a.name, (e.login = a.name) desc, e.login
$$;
comment on function isolation.probe_actors(jsonb) is 'The roles that probes act as, and a login that reaches each.';
revoke all on function isolation.probe_actors(jsonb) from public;
