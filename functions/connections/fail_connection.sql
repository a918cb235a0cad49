create or replace function connections.fail_connection(connection_id uuid, error_code text) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  update connections.connections c set state = 'failed', last_error_code = fail_connection.error_code
  where c.workspace_id = session.workspace_id() and c.id = fail_connection.connection_id and c.person_id = session.person_id()
    and c.state = 'pending' and session_user = 'bulkhead_' || c.service;
  if found then
    delete from connections.intake i
    where i.workspace_id = session.workspace_id() and i.connection_id = fail_connection.connection_id;
  end if;
end
$$;
comment on function connections.fail_connection(uuid, text) is 'Says why a connection did not come about.';
revoke all on function connections.fail_connection(uuid, text) from public;
grant execute on function connections.fail_connection(uuid, text) to bulkhead_mail_sync, bulkhead_crm;
