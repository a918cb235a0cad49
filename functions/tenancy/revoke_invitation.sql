create or replace function tenancy.revoke_invitation(invitation_id uuid) returns tenancy.invitations
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_workspace_id uuid := session.require('invitations.manage');
  v_invitation tenancy.invitations;
begin
  update tenancy.invitations i set revoked_at = clock_timestamp()
  where i.workspace_id = v_workspace_id and i.id = invitation_id and i.accepted_at is null and i.revoked_at is null
  returning * into v_invitation;
  if not found then
    raise exception using errcode = 'ZT005', message = 'there is no such open invitation';
  end if;
  return v_invitation;
end
$$;
comment on function tenancy.revoke_invitation(uuid) is 'Revokes an invitation that has not been accepted.';
revoke all on function tenancy.revoke_invitation(uuid) from public;
grant execute on function tenancy.revoke_invitation(uuid) to bulkhead_member;
