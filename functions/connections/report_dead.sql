-- The provider no longer honours the credential: it is removed, and its jobs wait for the owner. Only the version that
-- was refused: a newer one, stored meanwhile, stays.
create or replace function connections.report_dead(connection_id uuid, version integer, error_code text) returns boolean
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  if not connections.usable(report_dead.connection_id) then
    return false;
  end if;
  delete from connections.credentials k
  where k.workspace_id = session.workspace_id() and k.connection_id = report_dead.connection_id and k.version = report_dead.version;
  if not found then
    return false;
  end if;
  update connections.connections c
  set state = 'reconnect_needed', last_error_code = report_dead.error_code, key_version = null
  where c.workspace_id = session.workspace_id() and c.id = report_dead.connection_id;
  -- The planned refresh has nothing to refresh any more; everything else goes on after reconnecting.
  update connections.jobs j
  set status = case j.task when 'connection_refresh' then 'cancelled' else 'held' end, ticket_id = null,
    finished_at = case j.task when 'connection_refresh' then clock_timestamp() end
  where j.workspace_id = session.workspace_id() and j.connection_id = report_dead.connection_id and j.status = 'queued';
  return true;
end
$$;
comment on function connections.report_dead(uuid, integer, text) is 'Says that the provider no longer honours a connection: its owner has to connect again.';
revoke all on function connections.report_dead(uuid, integer, text) from public;
grant execute on function connections.report_dead(uuid, integer, text) to bulkhead_mail_sync, bulkhead_crm;
