-- Superseded, and named by nothing any more; while a grant is being given back, it waits for the answer.
create or replace function keyring.destroy_version(operation_id uuid) returns boolean
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_operation tenancy.key_operations;
begin
  select * into v_operation from tenancy.key_operations o
  where o.workspace_id = session.workspace_id() and o.id = operation_id and o.kind = 'reencrypt' and o.status = 'queued'
    and session_user = 'bulkhead_' || o.service;
  if not found then
    return false;
  end if;
  delete from keyring.workspace_keys k
  where k.workspace_id = v_operation.workspace_id and k.purpose = 'credential' and k.version = v_operation.version
    and k.superseded_at is not null
    and not exists (
      select from connections.credentials c where c.workspace_id = k.workspace_id and c.key_version = k.version
    )
    and not exists (
      select from connections.revocations r where r.workspace_id = k.workspace_id
    );
  if not found then
    return false;
  end if;
  perform audit.key_used('destroyed', 'credential', v_operation.version, operation_id);
  return true;
end
$$;
comment on function keyring.destroy_version(uuid) is 'Destroys a version of the credential key that nothing names any more.';
revoke all on function keyring.destroy_version(uuid) from public;
grant execute on function keyring.destroy_version(uuid) to bulkhead_mail_sync, bulkhead_crm;
