-- The one way to let a job use a connection: a row that says so, and a ticket that is its proof.
create or replace function connections.enqueue_job(connection_id uuid, task text, payload jsonb default '{}', run_at timestamptz default null) returns uuid
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_connection connections.connections;
  v_job connections.jobs;
begin
  select * into v_connection from connections.connections c
  where c.workspace_id = session.workspace_id() and c.id = enqueue_job.connection_id and c.person_id = session.person_id()
    and c.state in ('connected', 'reconnect_needed');
  if not found then
    raise exception using errcode = 'ZC005', message = 'you have no such connection';
  end if;
  insert into connections.jobs (workspace_id, connection_id, service, task, payload, status)
  values (
    v_connection.workspace_id, v_connection.id, v_connection.service, enqueue_job.task, enqueue_job.payload,
    case v_connection.state when 'connected' then 'queued' else 'held' end
  ) returning * into v_job;
  if v_job.status = 'queued' then
    perform connections.hand_over(v_job.id, run_at);
  end if;
  return v_job.id;
end
$$;
comment on function connections.enqueue_job(uuid, text, jsonb, timestamptz) is 'Enqueues a job that may use a connection of the session''s person; held while the connection waits for its owner.';
revoke all on function connections.enqueue_job(uuid, text, jsonb, timestamptz) from public;
