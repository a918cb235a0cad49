-- Committed before the new access token is used. False: the fence is over, or the connection is; then nothing is stored.
-- The version of the key is held: it must not be destroyed under what it has just sealed.
create or replace function connections.store_refreshed(
  connection_id uuid, fence uuid, version integer, sealed text, sealed_revocation text, key_version integer, expires_at timestamptz
) returns boolean
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  if not connections.usable(store_refreshed.connection_id) then
    return false;
  end if;
  perform keyring.hold_version('credential', store_refreshed.key_version);
  update connections.credentials k
  set version = store_refreshed.version, sealed = store_refreshed.sealed, sealed_revocation = store_refreshed.sealed_revocation,
    key_version = store_refreshed.key_version, expires_at = store_refreshed.expires_at,
    refresh_fence = null, refresh_until = null, refresh_after = null, refresh_ticket_id = null, refresh_claimed_at = null
  where k.workspace_id = session.workspace_id() and k.connection_id = store_refreshed.connection_id
    and k.refresh_fence = fence and k.version = store_refreshed.version - 1;
  if not found then
    return false;
  end if;
  update connections.connections c
  set version = store_refreshed.version, key_version = store_refreshed.key_version, refresh_failures = 0, last_error_code = null
  where c.workspace_id = session.workspace_id() and c.id = store_refreshed.connection_id;
  perform connections.plan_refresh(store_refreshed.connection_id, store_refreshed.expires_at);
  return true;
end
$$;
comment on function connections.store_refreshed(uuid, uuid, integer, text, text, integer, timestamptz) is 'Replaces a credential by its next version, at once and whole.';
revoke all on function connections.store_refreshed(uuid, uuid, integer, text, text, integer, timestamptz) from public;
grant execute on function connections.store_refreshed(uuid, uuid, integer, text, text, integer, timestamptz) to bulkhead_mail_sync, bulkhead_crm;
