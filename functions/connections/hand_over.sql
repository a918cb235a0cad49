create or replace function connections.hand_over(job_id uuid, run_at timestamptz) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_job connections.jobs;
begin
  select * into strict v_job from connections.jobs j where j.workspace_id = session.workspace_id() and j.id = hand_over.job_id;
  update connections.jobs j set status = 'queued', ticket_id = session.issue_ticket(v_job.service)
  where j.workspace_id = v_job.workspace_id and j.id = v_job.id
  returning * into v_job;
  perform queue.enqueue_connection_job(v_job.service, v_job.task, jsonb_build_object(
    'job_id', v_job.id, 'connection_id', v_job.connection_id, 'ticket_id', v_job.ticket_id
  ), run_at, 25);
end
$$;
comment on function connections.hand_over(uuid, timestamptz) is 'Puts a job into its service''s queue with a fresh ticket.';
revoke all on function connections.hand_over(uuid, timestamptz) from public;
