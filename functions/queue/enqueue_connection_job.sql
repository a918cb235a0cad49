create or replace function queue.enqueue_connection_job(
  service text, task text, payload jsonb, run_at timestamptz default null, max_attempts integer default 10
) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  case service
    when 'mail_sync' then perform queue_mail_sync.add_job(task, payload::json, run_at => run_at, max_attempts => max_attempts);
    when 'crm' then perform queue_crm.add_job(task, payload::json, run_at => run_at, max_attempts => max_attempts);
  end case;
end
$$;
comment on function queue.enqueue_connection_job(text, text, jsonb, timestamptz, integer) is 'Enqueues a job for the service that holds a connection. Payloads are ids only.';
revoke all on function queue.enqueue_connection_job(text, text, jsonb, timestamptz, integer) from public;
grant execute on function queue.enqueue_connection_job(text, text, jsonb, timestamptz, integer) to bulkhead_owner, bulkhead_keeper;
