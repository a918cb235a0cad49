-- The browser that called back gets a grant and hands it to the app's loopback address; only the app that began knows
-- the verifier that redeems it. A callback for a sign-in that no app began finds no attempt.
create or replace function session.accept_desktop_callback(
  state text, sealed_code text, out reason text, out grant_token text, out return_to text
)
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_grant text := 'bhg_' || session.base64url(session.random_bytes());
begin
  update session.sign_in_attempts a
  set grant_hash = session.token_hash(v_grant), sealed_code = accept_desktop_callback.sealed_code,
    expires_at = least(a.expires_at, clock_timestamp() + interval '2 minutes')
  where a.state_hash = session.token_hash(state) and a.flow = 'desktop' and a.grant_hash is null
    and a.expires_at > clock_timestamp()
  returning a.return_to into accept_desktop_callback.return_to;
  if found then
    grant_token := v_grant;
  else
    reason := 'SIGN_IN_STATE_UNKNOWN';
  end if;
end
$$;
comment on function session.accept_desktop_callback(text, text) is
  'Takes the provider''s callback of a sign-in that a desktop app began, once.';
revoke all on function session.accept_desktop_callback(text, text) from public;
grant execute on function session.accept_desktop_callback(text, text) to bulkhead_api;
