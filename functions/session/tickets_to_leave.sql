create or replace function session.tickets_to_leave(person_id uuid, organization_ids text[]) returns setof uuid
language sql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
  insert into session.tickets (service, workspace_id)
  select 'identity', w from tenancy.organization_workspaces(tickets_to_leave.person_id, tickets_to_leave.organization_ids) w
  returning id
$$;
comment on function session.tickets_to_leave(uuid, text[]) is
  'A ticket for each workspace of a person whose organization is not among those that the provider says they are in.';
revoke all on function session.tickets_to_leave(uuid, text[]) from public;
grant execute on function session.tickets_to_leave(uuid, text[]) to bulkhead_identity;
