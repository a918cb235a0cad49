-- All calls of one tick of an API process travel as one job. Ids that name no waiting call are passed over by the worker.
create or replace function sealed.dispatch(call_ids uuid[]) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  if cardinality(call_ids) between 1 and 1000 then
    -- The calls are in an unlogged table: their job's row need not outlive a crash either, so nobody waits for the disk.
    perform set_config('synchronous_commit', 'off', true);
    perform queue.enqueue_opener(call_ids);
  end if;
end
$$;
comment on function sealed.dispatch(uuid[]) is 'Hands registered calls to the opener service as one job.';
revoke all on function sealed.dispatch(uuid[]) from public;
grant execute on function sealed.dispatch(uuid[]) to bulkhead_api;
