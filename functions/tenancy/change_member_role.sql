create or replace function tenancy.change_member_role(membership_id uuid, role_key text) returns tenancy.memberships
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_membership tenancy.memberships := tenancy.manageable_membership(membership_id);
begin
  perform tenancy.require_grantable(role_key);
  update tenancy.memberships m set role_key = change_member_role.role_key
  where m.workspace_id = v_membership.workspace_id and m.id = v_membership.id
  returning * into v_membership;
  return v_membership;
end
$$;
comment on function tenancy.change_member_role(uuid, text) is
  'Gives a member another role, not above your own. In force for the very next statement of their open sessions.';
revoke all on function tenancy.change_member_role(uuid, text) from public;
grant execute on function tenancy.change_member_role(uuid, text) to bulkhead_member;
