-- With the answer, whatever it is, the last trace of the grant goes too.
create or replace function connections.finish_revocation(revocation_id uuid, outcome text) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_connection_id uuid;
begin
  delete from connections.revocations r using connections.connections c
  where r.workspace_id = session.workspace_id() and r.id = finish_revocation.revocation_id
    and c.workspace_id = r.workspace_id and c.id = r.connection_id and session_user = 'bulkhead_' || c.service
  returning r.connection_id into v_connection_id;
  update connections.connections c set revocation = finish_revocation.outcome
  where c.workspace_id = session.workspace_id() and c.id = v_connection_id and c.state = 'disconnected';
end
$$;
comment on function connections.finish_revocation(uuid, text) is 'Writes down what the provider said to taking a grant back, and forgets the grant.';
revoke all on function connections.finish_revocation(uuid, text) from public;
grant execute on function connections.finish_revocation(uuid, text) to bulkhead_mail_sync, bulkhead_crm;
