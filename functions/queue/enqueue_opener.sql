create or replace function queue.enqueue_opener(call_ids uuid[]) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  -- One attempt: an answer that comes late is no answer.
  perform queue_opener.add_job('open', json_build_object('call_ids', call_ids), max_attempts => 1);
end
$$;
comment on function queue.enqueue_opener(uuid[]) is 'Enqueues one job for the opener service: all calls of one tick of an API process.';
revoke all on function queue.enqueue_opener(uuid[]) from public;
grant execute on function queue.enqueue_opener(uuid[]) to bulkhead_owner;
