-- Only over the very ciphertext that was taken: a refresh that came in between has sealed a newer one already.
create or replace function keyring.store_resealed(
  operation_id uuid, credential_id uuid, former text, sealed text, sealed_revocation text, key_version integer
) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_connection_id uuid;
begin
  update tenancy.key_operations o set done_count = o.done_count + 1
  where o.workspace_id = session.workspace_id() and o.id = operation_id and o.kind = 'reencrypt' and o.status = 'queued'
    and o.purpose = 'credential' and session_user = 'bulkhead_' || o.service;
  if not found then
    return;
  end if;
  perform keyring.hold_version('credential', store_resealed.key_version);
  if store_resealed.sealed is null then
    update connections.revocations r set sealed_revocation = store_resealed.sealed_revocation
    where r.workspace_id = session.workspace_id() and r.id = credential_id and r.sealed_revocation = former;
    return;
  end if;
  update connections.credentials k
  set sealed = store_resealed.sealed, sealed_revocation = store_resealed.sealed_revocation, key_version = store_resealed.key_version
  where k.workspace_id = session.workspace_id() and k.id = credential_id and k.sealed = former
  returning k.connection_id into v_connection_id;
  update connections.connections c set key_version = store_resealed.key_version
  where c.workspace_id = session.workspace_id() and c.id = v_connection_id;
end
$$;
comment on function keyring.store_resealed(uuid, uuid, text, text, text, integer) is 'Replaces a credential''s ciphertext by one under another version of the key.';
revoke all on function keyring.store_resealed(uuid, uuid, text, text, text, integer) from public;
grant execute on function keyring.store_resealed(uuid, uuid, text, text, text, integer) to bulkhead_mail_sync, bulkhead_crm;
