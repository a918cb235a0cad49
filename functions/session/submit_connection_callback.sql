-- The state is used up by the first callback that names it, right or wrong: nobody gets a second guess at the browser.
-- Without a code the person declined at the provider, which the worker writes down.
create or replace function session.submit_connection_callback(
  state text, browser text, sealed_code text, out reason text, out connection_id uuid, out return_to text
)
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_attempt session.connection_attempts;
begin
  update session.connection_attempts a
  set called_back_at = clock_timestamp(), sealed_code = submit_connection_callback.sealed_code
  where a.state_hash = session.token_hash(state) and a.called_back_at is null
  returning * into v_attempt;
  if not found or v_attempt.expires_at <= clock_timestamp() then
    reason := 'CONNECTION_STATE_UNKNOWN';
  elsif v_attempt.browser_hash is distinct from session.token_hash(browser) then
    reason := 'CONNECTION_BROWSER_MISMATCH';
  elsif not exists (
    select from session.sign_ins s where s.id = v_attempt.sign_in_id and s.ended_at is null and s.membership_status = 'active'
  ) then
    -- Signed out, suspended or removed meanwhile: what came back belongs to nobody here.
    reason := 'CONNECTION_SESSION_ENDED';
  else
    connection_id := v_attempt.connection_id;
    return_to := v_attempt.return_to;
    perform queue.enqueue_connection_job(v_attempt.service, 'connection_exchange', jsonb_build_object(
      'attempt_id', v_attempt.id, 'connection_id', v_attempt.connection_id, 'ticket_id', v_attempt.ticket_id
    ));
    return;
  end if;
  delete from session.connection_attempts a where a.id = v_attempt.id;
end
$$;
comment on function session.submit_connection_callback(text, text, text) is
  'Hands a provider''s code to the worker service that began the consent, once, for the browser and the sign-in that began it.';
revoke all on function session.submit_connection_callback(text, text, text) from public;
grant execute on function session.submit_connection_callback(text, text, text) to bulkhead_api;
