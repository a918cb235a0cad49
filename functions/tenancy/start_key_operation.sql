create or replace function tenancy.start_key_operation(service text, kind text, purpose text, version integer) returns tenancy.key_operations
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_operation tenancy.key_operations;
begin
  insert into tenancy.key_operations (workspace_id, requested_by, service, kind, purpose, version)
  values (
    session.workspace_id(), session.person_id(), start_key_operation.service, start_key_operation.kind,
    start_key_operation.purpose, start_key_operation.version
  ) returning * into v_operation;
  perform queue.enqueue_connection_job(start_key_operation.service, 'key_operation', jsonb_build_object(
    'operation_id', v_operation.id, 'ticket_id', session.issue_workspace_ticket(start_key_operation.service)
  ), null, 25);
  return v_operation;
end
$$;
comment on function tenancy.start_key_operation(text, text, text, integer) is 'Enqueues work on the workspace''s keys.';
revoke all on function tenancy.start_key_operation(text, text, text, integer) from public;
