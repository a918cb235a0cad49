-- Where a person who just proved who they are belongs. Runs for the identity service, before there is a session: the
-- policies let it through for that login alone.
-- A workspace of an organization is entered through that organization alone: whoever was removed there is out here as well,
-- whatever their membership says. An invitation gives the role, not a way around.
create or replace function tenancy.admit(
  person_id uuid, email text, name text, organization_id text,
  out workspace_id uuid, out membership_id uuid, out role_key text
)
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_workspace tenancy.workspaces;
  v_invitation tenancy.invitations;
  v_membership tenancy.memberships;
begin
  if organization_id is not null then
    select * into v_workspace from tenancy.workspaces w
    where w.organization_id = admit.organization_id and not session.is_deleted(w.id);
    if not found then
      raise exception using errcode = 'ZT010', message = 'no workspace belongs to that organization',
        hint = 'ask whoever set up your organization';
    end if;
  else
    -- The workspace joined last, or else the one of the oldest open invitation.
    select w.* into v_workspace
    from tenancy.memberships m join tenancy.workspaces w on w.id = m.workspace_id
    where m.person_id = admit.person_id and m.status = 'active' and w.organization_id is null and not session.is_deleted(w.id)
    order by m.created_at desc limit 1;
    if not found then
      select w.* into v_workspace
      from tenancy.invitations i join tenancy.workspaces w on w.id = i.workspace_id
      where lower(i.email) = lower(admit.email) and i.accepted_at is null and i.revoked_at is null
        and i.expires_at > clock_timestamp() and not session.is_deleted(w.id)
      order by w.organization_id is not null, i.created_at limit 1;
    end if;
    if v_workspace.organization_id is not null or v_workspace.id is null and exists (
      select from tenancy.memberships m join tenancy.workspaces w on w.id = m.workspace_id
      where m.person_id = admit.person_id and w.organization_id is not null
    ) then
      raise exception using errcode = 'ZT017', message = 'this workspace is entered through its organization only',
        -- For the identity service, which tells that workspace's log of it.
        detail = coalesce(v_workspace.id, (
          select w.id from tenancy.memberships m join tenancy.workspaces w on w.id = m.workspace_id
          where m.person_id = admit.person_id and w.organization_id is not null
          order by m.created_at desc limit 1
        ))::text,
        hint = 'sign in through your organization';
    end if;
    if v_workspace.id is null then
      raise exception using errcode = 'ZT011', message = 'you have not been invited to a workspace',
        hint = 'ask an admin of the workspace for an invitation';
    end if;
  end if;

  insert into tenancy.people (workspace_id, id, email, name)
  values (v_workspace.id, admit.person_id, admit.email, coalesce(admit.name, ''))
  on conflict on constraint people_pkey do update set email = excluded.email, name = excluded.name
  where (people.email, people.name) is distinct from (excluded.email, excluded.name);

  select * into v_membership from tenancy.memberships m
  where m.workspace_id = v_workspace.id and m.person_id = admit.person_id;
  if not found then
    update tenancy.invitations i set accepted_at = clock_timestamp()
    where i.workspace_id = v_workspace.id and lower(i.email) = lower(admit.email)
      and i.accepted_at is null and i.revoked_at is null and i.expires_at > clock_timestamp()
    returning * into v_invitation;
    if v_invitation.id is null and v_workspace.default_role_key is null then
      raise exception using errcode = 'ZT011', message = 'you have not been invited to a workspace',
        hint = 'ask an admin of the workspace for an invitation';
    end if;
    insert into tenancy.memberships (workspace_id, person_id, role_key)
    values (v_workspace.id, admit.person_id, coalesce(v_invitation.role_key, v_workspace.default_role_key))
    on conflict on constraint membership_one_per_person do nothing;
    select * into v_membership from tenancy.memberships m
    where m.workspace_id = v_workspace.id and m.person_id = admit.person_id;
  end if;
  if v_membership.status <> 'active' then
    raise exception using errcode = 'ZT012', message = 'your membership is suspended', hint = 'ask an admin of your workspace';
  end if;
  workspace_id := v_membership.workspace_id;
  membership_id := v_membership.id;
  role_key := v_membership.role_key;
end
$$;
comment on function tenancy.admit(uuid, text, text, text) is 'Finds or makes a person''s membership; raises where they do not belong.';
revoke all on function tenancy.admit(uuid, text, text, text) from public;
grant execute on function tenancy.admit(uuid, text, text, text) to bulkhead_keeper;
