create or replace function keyring.begin_operation(kind text, purpose text, out operation_id uuid, out workspace_id uuid)
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  if session.ticket_id() is null then
    raise exception using errcode = 'ZS006', message = 'there is no such ticket for this service';
  end if;
  workspace_id := session.workspace_id();
  insert into tenancy.key_operations (workspace_id, service, kind, purpose)
  values (begin_operation.workspace_id, 'mail_sync', begin_operation.kind, begin_operation.purpose)
  returning id into operation_id;
end
$$;
comment on function keyring.begin_operation(text, text) is 'Begins work on a workspace''s keys on the operator''s behalf.';
revoke all on function keyring.begin_operation(text, text) from public;
grant execute on function keyring.begin_operation(text, text) to bulkhead_mail_sync;
