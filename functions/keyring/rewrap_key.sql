-- The same key in another wrapping: whoever holds the old wrapping in memory goes on with it.
create or replace function keyring.rewrap_key(operation_id uuid, purpose text, version integer, former_kek text, kek text, wrapped text) returns boolean
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  update tenancy.key_operations o set done_count = o.done_count + 1
  where o.workspace_id = session.workspace_id() and o.id = operation_id and o.kind = 'rewrap' and o.status = 'queued'
    and session_user = 'bulkhead_' || o.service;
  if not found then
    return false;
  end if;
  update keyring.workspace_keys k set kek = rewrap_key.kek, wrapped = rewrap_key.wrapped
  where k.workspace_id = session.workspace_id() and k.purpose = rewrap_key.purpose and k.version = rewrap_key.version
    and k.kek = former_kek;
  if not found then
    return false;
  end if;
  perform audit.key_used('rewrapped', purpose, version, operation_id);
  return true;
end
$$;
comment on function keyring.rewrap_key(uuid, text, integer, text, text, text) is 'Replaces the wrapping of one version, if it is still the former one.';
revoke all on function keyring.rewrap_key(uuid, text, integer, text, text, text) from public;
grant execute on function keyring.rewrap_key(uuid, text, integer, text, text, text) to bulkhead_mail_sync;
