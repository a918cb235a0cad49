-- The provider called back without a code. The state is used up; only the browser (web) that began, or the app (desktop)
-- at the address that it named, learns of it.
create or replace function session.cancel_sign_in(state text, browser text, out reason text, out flow text, out return_to text)
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_attempt session.sign_in_attempts;
begin
  delete from session.sign_in_attempts a
  where a.state_hash = session.token_hash(state) and a.grant_hash is null
  returning * into v_attempt;
  if not found or v_attempt.expires_at <= clock_timestamp() then
    reason := 'SIGN_IN_STATE_UNKNOWN';
  elsif v_attempt.flow = 'web' and v_attempt.browser_hash is distinct from session.token_hash(browser) then
    reason := 'SIGN_IN_BROWSER_MISMATCH';
  else
    flow := v_attempt.flow;
    return_to := v_attempt.return_to;
  end if;
end
$$;
comment on function session.cancel_sign_in(text, text) is 'Ends a sign-in under way that the provider refused or the person cancelled.';
revoke all on function session.cancel_sign_in(text, text) from public;
grant execute on function session.cancel_sign_in(text, text) to bulkhead_api;
