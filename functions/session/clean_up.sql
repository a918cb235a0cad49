-- A day's grace, so that an expired token is still told apart from an unknown one.
create or replace function session.clean_up() returns bigint
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_total bigint := 0;
  v_count bigint;
begin
  delete from session.tokens t where t.expires_at < clock_timestamp() - interval '1 day';
  get diagnostics v_count = row_count;
  v_total := v_total + v_count;
  delete from session.connection_attempts a where a.expires_at < clock_timestamp();
  get diagnostics v_count = row_count;
  v_total := v_total + v_count;
  delete from session.sign_in_attempts a where a.expires_at < clock_timestamp();
  get diagnostics v_count = row_count;
  v_total := v_total + v_count;
  delete from session.rate_limits r where r.busy_until < clock_timestamp();
  get diagnostics v_count = row_count;
  v_total := v_total + v_count;
  delete from session.sign_ins s where s.expires_at < clock_timestamp() - interval '1 day'
    or s.ended_at < clock_timestamp() - interval '30 days';
  get diagnostics v_count = row_count;
  v_total := v_total + v_count;
  delete from session.tickets t where t.expires_at < clock_timestamp() or t.finished_at < clock_timestamp() - interval '1 day';
  get diagnostics v_count = row_count;
  v_total := v_total + v_count;
  -- No provider tries again for longer; what is older than the second is refused for its age.
  delete from session.webhooks w where w.received_at < clock_timestamp() - interval '3 days';
  get diagnostics v_count = row_count;
  v_total := v_total + v_count;
  delete from session.webhook_events e where e.received_at < clock_timestamp() - interval '30 days';
  get diagnostics v_count = row_count;
  v_total := v_total + v_count;
  return v_total + sealed.clean_up();
end
$$;
comment on function session.clean_up() is 'Removes expired tokens, sign-ins, attempts, tickets, webhooks and unanswered questions; returns how many rows.';
revoke all on function session.clean_up() from public;
grant execute on function session.clean_up() to bulkhead_janitor;
