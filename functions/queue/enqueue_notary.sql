create or replace function queue.enqueue_notary(task text, payload jsonb, job_key text default null) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  perform queue_notary.add_job(task, payload::json, max_attempts => 10, job_key => job_key);
end
$$;
comment on function queue.enqueue_notary(text, jsonb, text) is 'Enqueues a job for the notary service.';
revoke all on function queue.enqueue_notary(text, jsonb, text) from public;
grant execute on function queue.enqueue_notary(text, jsonb, text) to bulkhead_owner, bulkhead_keeper;
