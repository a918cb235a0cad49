create or replace function tenancy.organization_workspaces(person_id uuid, except_organization_ids text[]) returns setof uuid
language sql stable security definer
set search_path to pg_catalog, pg_temp
as $$
  select w.id from tenancy.memberships m join tenancy.workspaces w on w.id = m.workspace_id
  where m.person_id = organization_workspaces.person_id and w.organization_id is not null
    and w.organization_id <> all (except_organization_ids)
$$;
comment on function tenancy.organization_workspaces(uuid, text[]) is 'The workspaces that a person is a member of and whose organizations are not these.';
revoke all on function tenancy.organization_workspaces(uuid, text[]) from public;
grant execute on function tenancy.organization_workspaces(uuid, text[]) to bulkhead_keeper;
