-- The provider has said so by itself, to nobody's job: so by a ticket that stands for nobody, which only a judged webhook
-- makes. A job that is running finds the connection gone before its next call.
create or replace function connections.report_revocation(connection_id uuid, error_code text) returns boolean
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  perform from connections.connections c
  where c.workspace_id = session.workspace_id() and c.id = report_revocation.connection_id and c.state = 'connected'
    and session_user = 'bulkhead_' || c.service and session.ticket_id() is not null and session.person_id() is null
  for update;
  if not found then
    return false;
  end if;
  return connections.lose_connection(report_revocation.connection_id, null, report_revocation.error_code);
end
$$;
comment on function connections.report_revocation(uuid, text) is 'Says that a grant was ended at its provider: its credential is destroyed and its owner has to connect again.';
revoke all on function connections.report_revocation(uuid, text) from public;
grant execute on function connections.report_revocation(uuid, text) to bulkhead_mail_sync;
