create or replace function keyring.take_operation(
  operation_id uuid, out workspace_id uuid, out kind text, out purpose text, out version integer, out done_count integer
)
language sql stable security definer
set search_path to pg_catalog, pg_temp
as $$
  select o.workspace_id, o.kind, o.purpose, o.version, o.done_count from tenancy.key_operations o
  where o.workspace_id = session.workspace_id() and o.id = take_operation.operation_id and o.status = 'queued'
    and session_user = 'bulkhead_' || o.service and session.ticket_id() is not null
$$;
comment on function keyring.take_operation(uuid) is 'Work on keys that waits for this service.';
revoke all on function keyring.take_operation(uuid) from public;
grant execute on function keyring.take_operation(uuid) to bulkhead_mail_sync, bulkhead_crm;
