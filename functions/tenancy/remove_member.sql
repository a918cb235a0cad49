create or replace function tenancy.remove_member(membership_id uuid) returns tenancy.memberships
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_membership tenancy.memberships := tenancy.manageable_membership(membership_id);
begin
  delete from tenancy.memberships m
  where m.workspace_id = v_membership.workspace_id and m.id = v_membership.id;
  return v_membership;
end
$$;
comment on function tenancy.remove_member(uuid) is 'Removes a member and ends all their sessions here.';
revoke all on function tenancy.remove_member(uuid) from public;
grant execute on function tenancy.remove_member(uuid) to bulkhead_member;
