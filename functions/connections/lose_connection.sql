-- The provider no longer honours the credential: it is removed, and its jobs wait for the owner. Only the version that
-- was refused, where one is named: a newer one, stored meanwhile, stays.
create or replace function connections.lose_connection(connection_id uuid, version integer, error_code text) returns boolean
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  delete from connections.credentials k
  where k.workspace_id = session.workspace_id() and k.connection_id = lose_connection.connection_id
    and (lose_connection.version is null or k.version = lose_connection.version);
  if not found then
    return false;
  end if;
  perform session.note_grant(lose_connection.connection_id, null);
  update connections.connections c
  set state = 'reconnect_needed', last_error_code = lose_connection.error_code, key_version = null
  where c.workspace_id = session.workspace_id() and c.id = lose_connection.connection_id;
  -- The planned refresh has nothing to refresh any more; everything else goes on after reconnecting.
  update connections.jobs j
  set status = case j.task when 'connection_refresh' then 'cancelled' else 'held' end, ticket_id = null,
    finished_at = case j.task when 'connection_refresh' then clock_timestamp() end
  where j.workspace_id = session.workspace_id() and j.connection_id = lose_connection.connection_id and j.status = 'queued';
  return true;
end
$$;
comment on function connections.lose_connection(uuid, integer, text) is 'Destroys what the provider no longer honours; the connection waits for its owner.';
revoke all on function connections.lose_connection(uuid, integer, text) from public;
