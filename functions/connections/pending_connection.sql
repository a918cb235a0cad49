create or replace function connections.pending_connection(
  connection_id uuid, out workspace_id uuid, out person_id uuid, out provider text, out profile text
)
language sql stable security definer
set search_path to pg_catalog, pg_temp
as $$
  select c.workspace_id, c.person_id, c.provider, c.profile from connections.connections c
  where c.workspace_id = session.workspace_id() and c.id = pending_connection.connection_id and c.person_id = session.person_id()
    and c.state = 'pending' and session_user = 'bulkhead_' || c.service and session.ticket_id() is not null
$$;
comment on function connections.pending_connection(uuid) is 'A connection that its own person has begun, for the service that finishes it.';
revoke all on function connections.pending_connection(uuid) from public;
grant execute on function connections.pending_connection(uuid) to bulkhead_mail_sync, bulkhead_crm;
