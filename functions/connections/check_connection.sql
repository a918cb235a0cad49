create or replace function connections.check_connection(connection_id uuid) returns connections.connections
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_connection connections.connections;
begin
  perform session.require('connections.manage');
  perform connections.enqueue_job(check_connection.connection_id, 'connection_check');
  select * into v_connection from connections.connections c
  where c.workspace_id = session.workspace_id() and c.id = check_connection.connection_id;
  return v_connection;
end
$$;
comment on function connections.check_connection(uuid) is 'Asks the provider whose account it is, by the connection: watch `lastUsedAt` and `state`.';
revoke all on function connections.check_connection(uuid) from public;
grant execute on function connections.check_connection(uuid) to bulkhead_member;
