create or replace function keyring.finish_operation(operation_id uuid, version integer, error_code text) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_operation tenancy.key_operations;
begin
  update tenancy.key_operations o
  set status = case when finish_operation.error_code is null then 'done' else 'failed' end, error_code = finish_operation.error_code,
    version = coalesce(finish_operation.version, o.version), finished_at = clock_timestamp()
  where o.workspace_id = session.workspace_id() and o.id = finish_operation.operation_id and o.status = 'queued'
    and session_user = 'bulkhead_' || o.service
  returning * into v_operation;
  -- Versions that were rotated, rewrapped or destroyed have their own events.
  if v_operation.kind = 'reencrypt' and v_operation.status = 'done' then
    perform audit.key_used('reencrypted', coalesce(v_operation.purpose, 'credential'), v_operation.version, v_operation.id);
  end if;
end
$$;
comment on function keyring.finish_operation(uuid, integer, text) is 'Ends work on keys.';
revoke all on function keyring.finish_operation(uuid, integer, text) from public;
grant execute on function keyring.finish_operation(uuid, integer, text) to bulkhead_mail_sync, bulkhead_crm;
