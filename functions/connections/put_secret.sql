-- The sealed secret waits with its job as a consent waits with its code; it is gone as soon as the worker takes it.
create or replace function connections.put_secret(connection_id uuid, service text, secret text) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_ticket_id uuid := session.issue_ticket(service);
begin
  insert into connections.intake (workspace_id, connection_id, ticket_id, sealed)
  values (session.workspace_id(), put_secret.connection_id, v_ticket_id, secret);
  perform queue.enqueue_connection_job(service, 'connection_check_secret', jsonb_build_object(
    'connection_id', put_secret.connection_id, 'ticket_id', v_ticket_id
  ));
end
$$;
comment on function connections.put_secret(uuid, text, text) is 'Hands a sealed password or key to the worker service, to be tried.';
revoke all on function connections.put_secret(uuid, text, text) from public;
