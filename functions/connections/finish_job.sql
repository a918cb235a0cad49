create or replace function connections.finish_job(job_id uuid) returns void
language sql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
  update connections.jobs j set status = 'done', finished_at = clock_timestamp()
  where j.workspace_id = session.workspace_id() and j.id = finish_job.job_id and j.ticket_id = session.ticket_id() and j.status = 'queued'
$$;
comment on function connections.finish_job(uuid) is 'Ends a job, by its own ticket: it may use the connection no more.';
revoke all on function connections.finish_job(uuid) from public;
grant execute on function connections.finish_job(uuid) to bulkhead_mail_sync, bulkhead_crm;
