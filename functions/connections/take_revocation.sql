create or replace function connections.take_revocation(
  revocation_id uuid, out workspace_id uuid, out connection_id uuid, out person_id uuid, out provider text, out profile text,
  out version integer, out sealed_revocation text, out keys jsonb
)
language sql stable security definer
set search_path to pg_catalog, pg_temp
as $$
  select r.workspace_id, r.connection_id, r.person_id, r.provider, r.profile, r.version, r.sealed_revocation,
    (select jsonb_object_agg(w.version, jsonb_build_object('kek', w.kek, 'wrapped', w.wrapped))
     from keyring.workspace_keys w where w.workspace_id = r.workspace_id and w.purpose = 'credential')
  from connections.revocations r
  join connections.connections c on c.workspace_id = r.workspace_id and c.id = r.connection_id
  where r.workspace_id = session.workspace_id() and r.id = take_revocation.revocation_id
    and session_user = 'bulkhead_' || c.service and c.state = 'disconnected' and session.ticket_id() is not null
$$;
comment on function connections.take_revocation(uuid) is 'A grant to give back at its provider.';
revoke all on function connections.take_revocation(uuid) from public;
grant execute on function connections.take_revocation(uuid) to bulkhead_mail_sync, bulkhead_crm;
