-- The state is used up by the first callback that names it, right or wrong: nobody gets a second guess at the browser.
create or replace function session.submit_web_sign_in(
  state text, browser text, sealed_code text, caller_id uuid, address inet, user_agent text,
  out reason text, out call_id uuid, out return_to text
)
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_attempt session.sign_in_attempts;
begin
  delete from session.sign_in_attempts a
  where a.state_hash = session.token_hash(state) and a.flow = 'web'
  returning * into v_attempt;
  if not found or v_attempt.expires_at <= clock_timestamp() then
    reason := 'SIGN_IN_STATE_UNKNOWN';
  elsif v_attempt.browser_hash is distinct from session.token_hash(browser) then
    reason := 'SIGN_IN_BROWSER_MISMATCH';
  else
    return_to := v_attempt.return_to;
    call_id := sealed.ask_identity('sign_in', caller_id, sealed_code, session.sign_in_context(v_attempt, address, user_agent));
  end if;
end
$$;
comment on function session.submit_web_sign_in(text, text, text, uuid, inet, text) is
  'Hands the sign-in provider''s code to the identity service, once, for the browser that began.';
revoke all on function session.submit_web_sign_in(text, text, text, uuid, inet, text) from public;
grant execute on function session.submit_web_sign_in(text, text, text, uuid, inet, text) to bulkhead_api;
