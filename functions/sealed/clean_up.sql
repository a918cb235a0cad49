create or replace function sealed.clean_up() returns bigint
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_total bigint;
  v_count bigint;
begin
  delete from sealed.calls c where c.expires_at < clock_timestamp() - interval '1 minute';
  get diagnostics v_total = row_count;
  delete from sealed.callers r where r.registered_at < clock_timestamp() - interval '30 days';
  get diagnostics v_count = row_count;
  return v_total + v_count;
end
$$;
comment on function sealed.clean_up() is 'Removes questions that nobody answered and API processes long gone.';
revoke all on function sealed.clean_up() from public;
grant execute on function sealed.clean_up() to bulkhead_keeper;
