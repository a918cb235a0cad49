create or replace function connections.disconnect(connection_id uuid) returns connections.connections
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  perform from connections.connections c
  where c.workspace_id = session.require('connections.manage') and c.id = disconnect.connection_id
    and c.person_id = session.person_id() and c.state <> 'disconnected';
  if not found then
    raise exception using errcode = 'ZC005', message = 'you have no such connection';
  end if;
  return connections.end_connection(disconnect.connection_id);
end
$$;
comment on function connections.disconnect(uuid) is
  'Disconnects: the stored credential is destroyed at once, its jobs stop, and the grant is given back at the provider. Watch `revocation` for what the provider says.';
revoke all on function connections.disconnect(uuid) from public;
grant execute on function connections.disconnect(uuid) to bulkhead_member;
