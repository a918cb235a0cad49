-- In one transaction with settle_account: the connection is connected when its credential is stored, and not before.
create or replace function connections.store_credential(
  connection_id uuid, target_id uuid, version integer, account_id text, account_label text, scopes text[],
  sealed text, sealed_revocation text, key_version integer, expires_at timestamptz, grant_hash bytea default null
) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_pending connections.connections;
begin
  select * into v_pending from connections.connections c
  where c.workspace_id = session.workspace_id() and c.id = store_credential.connection_id and c.person_id = session.person_id()
    and c.state = 'pending' and session_user = 'bulkhead_' || c.service
  for update;
  if not found then
    raise exception using errcode = 'ZC004', message = 'that connection is not waiting to be finished';
  end if;
  perform keyring.hold_version('credential', store_credential.key_version);
  delete from connections.intake i
  where i.workspace_id = v_pending.workspace_id and i.connection_id = store_credential.connection_id;
  if target_id <> connection_id then
    delete from connections.connections c where c.workspace_id = v_pending.workspace_id and c.id = store_credential.connection_id;
  end if;
  update connections.connections c
  set state = 'connected', profile = v_pending.profile, account_id = store_credential.account_id,
    account_label = store_credential.account_label, scopes = store_credential.scopes, version = store_credential.version,
    key_version = store_credential.key_version, last_error_code = null, revocation = null, refresh_failures = 0,
    connected_at = clock_timestamp()
  where c.workspace_id = v_pending.workspace_id and c.id = target_id and c.person_id = v_pending.person_id
    and c.provider = v_pending.provider and c.version = store_credential.version - 1
    and (c.id = v_pending.id or (c.account_id = store_credential.account_id and c.state in ('connected', 'reconnect_needed')));
  if not found then
    raise exception using errcode = 'ZC004', message = 'that connection is not waiting to be finished';
  end if;
  delete from connections.credentials k where k.workspace_id = v_pending.workspace_id and k.connection_id = target_id;
  insert into connections.credentials (workspace_id, connection_id, version, sealed, sealed_revocation, key_version, expires_at)
  values (
    v_pending.workspace_id, target_id, store_credential.version, store_credential.sealed, store_credential.sealed_revocation,
    store_credential.key_version, store_credential.expires_at
  );
  perform session.note_grant(target_id, store_credential.grant_hash);
  perform connections.resume_jobs(target_id);
  perform connections.plan_refresh(target_id, store_credential.expires_at);
end
$$;
comment on function connections.store_credential(uuid, uuid, integer, text, text, text[], text, text, integer, timestamptz, bytea) is 'Stores a sealed credential: the connection is connected.';
revoke all on function connections.store_credential(uuid, uuid, integer, text, text, text[], text, text, integer, timestamptz, bytea) from public;
grant execute on function connections.store_credential(uuid, uuid, integer, text, text, text[], text, text, integer, timestamptz, bytea) to bulkhead_mail_sync, bulkhead_crm;
