-- Each service has a queue of its own: a stolen service reads no other service's jobs. Payloads are ids only.
create or replace function queue.enqueue_identity(
  task text, payload jsonb, job_key text default null, max_attempts integer default 10
) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  perform queue_identity.add_job(task, payload::json, max_attempts => enqueue_identity.max_attempts, job_key => job_key);
end
$$;
comment on function queue.enqueue_identity(text, jsonb, text, integer) is 'Enqueues a job for the identity service.';
revoke all on function queue.enqueue_identity(text, jsonb, text, integer) from public;
grant execute on function queue.enqueue_identity(text, jsonb, text, integer) to bulkhead_owner, bulkhead_keeper;
