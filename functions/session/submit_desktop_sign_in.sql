create or replace function session.submit_desktop_sign_in(
  grant_token text, verifier text, caller_id uuid, address inet, user_agent text, out reason text, out call_id uuid
)
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_attempt session.sign_in_attempts;
begin
  delete from session.sign_in_attempts a
  where a.grant_hash = session.token_hash(grant_token)
  returning * into v_attempt;
  if not found or v_attempt.expires_at <= clock_timestamp() then
    reason := 'SIGN_IN_STATE_UNKNOWN';
  elsif verifier is null or session.base64url(session.token_hash(verifier)) is distinct from v_attempt.desktop_challenge then
    reason := 'SIGN_IN_VERIFIER_MISMATCH';
  else
    call_id := sealed.ask_identity(
      'sign_in', caller_id, v_attempt.sealed_code, session.sign_in_context(v_attempt, address, user_agent)
    );
  end if;
end
$$;
comment on function session.submit_desktop_sign_in(text, text, uuid, inet, text) is
  'Redeems a desktop app''s grant with the verifier of its own challenge, once.';
revoke all on function session.submit_desktop_sign_in(text, text, uuid, inet, text) from public;
grant execute on function session.submit_desktop_sign_in(text, text, uuid, inet, text) to bulkhead_api;
