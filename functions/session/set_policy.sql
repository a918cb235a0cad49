-- The table has no audit trigger, as it is the keeper's: the change is recorded here.
create or replace function session.set_policy(maximum_age interval, idle_timeout interval, sso_required boolean) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_workspace_id uuid := session.require('session_policy.update');
  v_before jsonb := to_jsonb((select p from session.workspace_policies p where p.workspace_id = v_workspace_id));
  v_after jsonb;
begin
  insert into session.workspace_policies (workspace_id, maximum_age, idle_timeout, sso_required)
  values (v_workspace_id, set_policy.maximum_age, set_policy.idle_timeout, set_policy.sso_required)
  on conflict (workspace_id) do update
  set maximum_age = excluded.maximum_age, idle_timeout = excluded.idle_timeout, sso_required = excluded.sso_required
  returning to_jsonb(workspace_policies) into v_after;
  perform audit.record(v_workspace_id, 'session_policy.updated', null, array(
    select e.key from jsonb_each(v_after) e
    where e.key <> 'workspace_id' and e.value is distinct from v_before -> e.key order by e.key
  ));
end
$$;
comment on function session.set_policy(interval, interval, boolean) is 'Sets how long the workspace''s sessions live and whether SSO is enforced.';
revoke all on function session.set_policy(interval, interval, boolean) from public;
grant execute on function session.set_policy(interval, interval, boolean) to bulkhead_owner;
