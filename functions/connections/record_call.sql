create or replace function connections.record_call(
  connection_id uuid, provider text, operation text, success boolean, error_code text, duration_ms integer
) returns void
language sql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
  insert into connections.calls (workspace_id, connection_id, provider, operation, success, error_code, duration_ms)
  select c.workspace_id, c.id, record_call.provider, record_call.operation, record_call.success, record_call.error_code,
    record_call.duration_ms
  from connections.connections c
  where c.workspace_id = session.workspace_id() and c.id = record_call.connection_id and session_user = 'bulkhead_' || c.service
$$;
comment on function connections.record_call(uuid, text, text, boolean, text, integer) is 'Records one call to a provider.';
revoke all on function connections.record_call(uuid, text, text, boolean, text, integer) from public;
grant execute on function connections.record_call(uuid, text, text, boolean, text, integer) to bulkhead_mail_sync, bulkhead_crm;
