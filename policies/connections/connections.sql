-- Connections: each person their own; who oversees the workspace sees that they exist.
alter table connections.connections enable row level security;
alter table connections.connections force row level security;

-- Definer functions stay inside the tenant of the session too.
create policy all_owner on connections.connections to bulkhead_owner
  using (workspace_id = (select session.workspace_id()))
  with check (workspace_id = (select session.workspace_id()));

create policy select_member on connections.connections for select to bulkhead_member
  using (
    workspace_id = (select session.workspace_with('connections.read'))
    and (person_id = (select session.person_id()) or (select session.can('connections.oversee')))
  );
grant select (workspace_id, id, person_id, provider, profile, state, account_label, scopes, last_error_code, revocation, version, key_version, created_at, connected_at, last_used_at, disconnected_at) on connections.connections to bulkhead_member;

create or replace trigger changed after insert or update of state, revocation on connections.connections
  for each row execute function connections.changed();
create or replace trigger connections_end before delete on tenancy.memberships
  for each row execute function connections.membership_ends();

-- Nobody writes here directly: every change is a function's.
call audit.watch('connections.connections', 'connection');
