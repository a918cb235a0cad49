create or replace function connections.report_dead(connection_id uuid, version integer, error_code text) returns boolean
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  if not connections.usable(report_dead.connection_id) then
    return false;
  end if;
  return connections.lose_connection(report_dead.connection_id, report_dead.version, report_dead.error_code);
end
$$;
comment on function connections.report_dead(uuid, integer, text) is 'Says that the provider no longer honours a connection: its owner has to connect again.';
revoke all on function connections.report_dead(uuid, integer, text) from public;
grant execute on function connections.report_dead(uuid, integer, text) to bulkhead_mail_sync, bulkhead_crm;
