create or replace function connections.open_credential(
  connection_id uuid, out workspace_id uuid, out person_id uuid, out provider text, out profile text, out version integer,
  out sealed text, out key_version integer, out kek text, out wrapped text, out expires_at timestamptz
)
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  if not connections.usable(open_credential.connection_id) then
    return;
  end if;
  update connections.connections c set last_used_at = clock_timestamp()
  from connections.credentials k
  join keyring.workspace_keys w on w.workspace_id = k.workspace_id and w.purpose = 'credential' and w.version = k.key_version
  where c.workspace_id = session.workspace_id() and c.id = open_credential.connection_id
    and k.workspace_id = c.workspace_id and k.connection_id = c.id
  returning c.workspace_id, c.person_id, c.provider, c.profile, k.version, k.sealed, k.key_version, w.kek, w.wrapped, k.expires_at
  into open_credential.workspace_id, open_credential.person_id, open_credential.provider, open_credential.profile,
    open_credential.version, open_credential.sealed, open_credential.key_version, open_credential.kek,
    open_credential.wrapped, open_credential.expires_at;
  if found then
    perform audit.record(open_credential.workspace_id, 'credential.opened', open_credential.connection_id);
  end if;
end
$$;
comment on function connections.open_credential(uuid) is 'The sealed credential of a connection that the job in hand may use, and its wrapped key; nothing otherwise.';
revoke all on function connections.open_credential(uuid) from public;
grant execute on function connections.open_credential(uuid) to bulkhead_mail_sync, bulkhead_crm;
