-- By a ticket of the identity service, after the provider said that the person is not in the workspace's organization.
-- Suspended and not removed: what they made and who they were here stays in place, and an admin's word brings them back.
create or replace function tenancy.end_organization_member(person_id uuid) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_membership tenancy.memberships;
begin
  if session.ticket_id() is null or session_user <> 'bulkhead_identity' then
    raise exception using errcode = 'ZS006', message = 'there is no such ticket for this service';
  end if;
  select * into v_membership from tenancy.memberships m
  where m.workspace_id = session.workspace_id() and m.person_id = end_organization_member.person_id for update;
  if not found then
    return;
  end if;
  perform session.end_person(v_membership.person_id);
  perform connections.end_person(v_membership.person_id);
  if v_membership.status <> 'active' then
    return;
  end if;
  begin
    update tenancy.memberships m set status = 'suspended'
    where m.workspace_id = v_membership.workspace_id and m.id = v_membership.id;
  exception when sqlstate 'ZT007' then
    -- The last owner: without a session or a connection, and let in through the organization alone.
    null;
  end;
  perform audit.append(v_membership.workspace_id, 'membership.organization_ended', v_membership.id);
end
$$;
comment on function tenancy.end_organization_member(uuid) is 'Suspends a member whom the sign-in provider no longer names in the organization: their sessions and connections end.';
revoke all on function tenancy.end_organization_member(uuid) from public;
grant execute on function tenancy.end_organization_member(uuid) to bulkhead_identity;
