-- The credential's row is deleted, not flagged, and its jobs' tickets are worth nothing for it: both with the caller's
-- commit. What remains, until the provider has answered, is the grant sealed for the one call that gives it back.
create or replace function connections.end_connection(connection_id uuid) returns connections.connections
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_connection connections.connections;
  v_credential connections.credentials;
  v_revocation_id uuid;
begin
  select * into strict v_connection from connections.connections c
  where c.workspace_id = session.workspace_id() and c.id = end_connection.connection_id for update;
  delete from connections.credentials k
  where k.workspace_id = v_connection.workspace_id and k.connection_id = v_connection.id
  returning * into v_credential;
  perform session.note_grant(v_connection.id, null);
  delete from connections.intake i where i.workspace_id = v_connection.workspace_id and i.connection_id = v_connection.id;
  update connections.jobs j set status = 'cancelled', ticket_id = null, finished_at = clock_timestamp()
  where j.workspace_id = v_connection.workspace_id and j.connection_id = v_connection.id and j.status in ('queued', 'held');
  update connections.connections c
  set state = 'disconnected', disconnected_at = clock_timestamp(), key_version = null, last_error_code = null,
    revocation = case
      when v_credential.sealed_revocation is not null then 'pending'
      when v_credential.id is not null then 'unsupported' end
  where c.workspace_id = v_connection.workspace_id and c.id = v_connection.id
  returning * into v_connection;
  if v_credential.sealed_revocation is not null then
    insert into connections.revocations (workspace_id, connection_id, provider, profile, person_id, version, sealed_revocation)
    values (
      v_connection.workspace_id, v_connection.id, v_connection.provider, v_connection.profile, v_connection.person_id,
      v_credential.version, v_credential.sealed_revocation
    ) returning id into v_revocation_id;
    -- On nobody's behalf: the person may be gone by then. 25 tries with growing delays are about four days.
    perform queue.enqueue_connection_job(v_connection.service, 'connection_revoke', jsonb_build_object(
      'revocation_id', v_revocation_id, 'ticket_id', session.issue_workspace_ticket(v_connection.service)
    ), null, 25);
  end if;
  return v_connection;
end
$$;
comment on function connections.end_connection(uuid) is 'Destroys a connection''s credential and lets its grant be given back.';
revoke all on function connections.end_connection(uuid) from public;
