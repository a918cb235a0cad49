create or replace function tenancy.set_session_policy(
  maximum_age_minutes integer, idle_timeout_minutes integer, sso_required boolean
) returns tenancy.workspaces
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_workspace_id uuid := session.require('session_policy.update');
  v_workspace tenancy.workspaces;
begin
  perform session.set_policy(
    make_interval(mins => maximum_age_minutes), make_interval(mins => idle_timeout_minutes), sso_required
  );
  select * into v_workspace from tenancy.workspaces w where w.id = v_workspace_id;
  return v_workspace;
end
$$;
comment on function tenancy.set_session_policy(integer, integer, boolean) is
  'Sets how long sessions live (5 minutes to 30 days), how long they may be idle (1 minute to 30 days), and whether SSO is enforced. In force at each session''s next refresh.';
revoke all on function tenancy.set_session_policy(integer, integer, boolean) from public;
grant execute on function tenancy.set_session_policy(integer, integer, boolean) to bulkhead_member;
