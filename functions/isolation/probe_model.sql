-- The model with what its exceptions mean for probes: a role that a policy lets across tenants, in exactly the words that the model
-- excuses, is expected to get there.
create or replace function isolation.probe_model(model jsonb) returns jsonb
language sql stable
set search_path to pg_catalog, pg_temp
as $$
  select model || jsonb_build_object('crossing', coalesce((
    select jsonb_agg(jsonb_build_object('role', r.role, 'object', p.object, 'rows', 'all', 'commands', jsonb_build_array(p.command)))
    from isolation.policy_facts(model) p cross join lateral unnest(p.roles) as r (role)
    where p.using_worth = 'meant' and p.class = 'tenant'
  ), '[]'))
$$;
comment on function isolation.probe_model(jsonb) is 'The model, with the roles that its exceptions let across tenants.';
revoke all on function isolation.probe_model(jsonb) from public;
