-- It stays until the end is committed: a worker that died while it tried it has a successor who tries again.
create or replace function connections.take_secret(connection_id uuid) returns text
language sql stable security definer
set search_path to pg_catalog, pg_temp
as $$
  select i.sealed from connections.intake i
  where i.workspace_id = session.workspace_id() and i.connection_id = take_secret.connection_id and i.ticket_id = session.ticket_id()
$$;
comment on function connections.take_secret(uuid) is 'A sealed password or key to try, by its own ticket.';
revoke all on function connections.take_secret(uuid) from public;
grant execute on function connections.take_secret(uuid) to bulkhead_mail_sync, bulkhead_crm;
