-- Asked when a credential is opened, and again right before each call: the job's own ticket, for this connection, on
-- behalf of its own person, while it is connected. A row that is not there any more ends it, whatever is in memory.
create or replace function connections.usable(connection_id uuid) returns boolean
language sql stable security definer
set search_path to pg_catalog, pg_temp
as $$
  select exists (
    select from connections.jobs j
    join connections.connections c on c.workspace_id = j.workspace_id and c.id = j.connection_id
    where j.workspace_id = session.workspace_id() and j.ticket_id = session.ticket_id() and j.status = 'queued'
      and j.connection_id = usable.connection_id and session_user = 'bulkhead_' || c.service
      and c.state = 'connected' and c.person_id = session.person_id()
  )
$$;
comment on function connections.usable(uuid) is 'Whether the job in hand may use a connection, now.';
revoke all on function connections.usable(uuid) from public;
grant execute on function connections.usable(uuid) to bulkhead_mail_sync, bulkhead_crm;
