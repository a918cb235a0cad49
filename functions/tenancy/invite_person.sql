create or replace function tenancy.invite_person(email text, role_key text) returns tenancy.invitations
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_workspace_id uuid := session.require('invitations.manage');
  v_invitation tenancy.invitations;
begin
  perform tenancy.require_grantable(role_key);
  if exists (
    select from tenancy.people p
    join tenancy.memberships m on m.workspace_id = p.workspace_id and m.person_id = p.id
    where p.workspace_id = v_workspace_id and lower(p.email) = lower(invite_person.email)
  ) then
    raise exception using errcode = 'ZT004', message = 'that person is a member already';
  end if;
  -- An expired invitation makes way for a new one.
  update tenancy.invitations i set revoked_at = clock_timestamp()
  where i.workspace_id = v_workspace_id and lower(i.email) = lower(invite_person.email)
    and i.accepted_at is null and i.revoked_at is null and i.expires_at <= clock_timestamp();
  insert into tenancy.invitations (workspace_id, email, role_key, invited_by)
  values (v_workspace_id, invite_person.email, invite_person.role_key, session.person_id())
  returning * into v_invitation;
  return v_invitation;
end
$$;
comment on function tenancy.invite_person(text, text) is
  'Invites a person into the workspace with a role not above your own. They accept by signing in with that address.';
revoke all on function tenancy.invite_person(text, text) from public;
grant execute on function tenancy.invite_person(text, text) to bulkhead_member;
