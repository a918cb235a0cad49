-- A workspace begins with an invitation to its first owner.
create or replace function tenancy.provision_workspace(
  name text, owner_email text, organization_id text default null, default_role_key text default null, parent_id uuid default null
) returns uuid
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_workspace_id uuid;
begin
  insert into tenancy.workspaces (name, organization_id, default_role_key, parent_id)
  values (
    provision_workspace.name, provision_workspace.organization_id, provision_workspace.default_role_key,
    provision_workspace.parent_id
  ) returning id into v_workspace_id;
  -- Asked after the row is in: its foreign key has waited for a deletion of the parent that was under way.
  if session.is_deleted(provision_workspace.parent_id) then
    raise exception using errcode = 'ZT016', message = 'this workspace was deleted';
  end if;
  insert into tenancy.invitations (workspace_id, email, role_key) values (v_workspace_id, owner_email, 'owner');
  return v_workspace_id;
end
$$;
comment on function tenancy.provision_workspace(text, text, text, text, uuid) is 'Makes a workspace and invites its first owner.';
revoke all on function tenancy.provision_workspace(text, text, text, text, uuid) from public;
grant execute on function tenancy.provision_workspace(text, text, text, text, uuid) to bulkhead_identity;
