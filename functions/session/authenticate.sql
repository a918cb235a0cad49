-- Says who a token is, or why it is nobody: the API turns the reason into a 401 before anything else runs.
-- Signature, registration, expiry and standing each refuse on their own. A token that is registered was minted here, so it
-- is taken apart without doubts; any other is explained by session.why_refused.
-- Comparing signatures need not be constant-time: a token that is not registered fails whatever its signature.
create or replace function session.authenticate(
  token text,
  out reason text, out workspace_id uuid, out person_id uuid, out sign_in_id uuid, out database_role text, out expires_at timestamptz
)
language plpgsql stable security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_token record;
begin
  select t.*, k.inner_pad, k.outer_pad, k.retired_at into v_token
  from session.tokens t join session.signing_keys k on k.kid = t.kid
  where t.token_hash = sha256(convert_to(token, 'UTF8'));
  if not found then
    reason := session.why_refused(token);
  elsif v_token.retired_at is not null
    or session.base64url(session.hmac_sha256(
      v_token.inner_pad, v_token.outer_pad, split_part(token, '.', 1) || '.' || split_part(token, '.', 2)
    )) <> split_part(token, '.', 3)
  then
    reason := 'SESSION_SIGNATURE_INVALID';
  elsif v_token.database_role not in ('bulkhead_member', 'bulkhead_agent', 'bulkhead_recipient') then
    -- A worker's ticket is no session of the API.
    reason := 'SESSION_UNKNOWN';
  elsif v_token.revoked_at is not null then
    reason := 'SESSION_REVOKED';
  elsif v_token.expires_at <= statement_timestamp() then
    reason := 'SESSION_EXPIRED';
  elsif v_token.membership_status is distinct from 'active' then
    reason := 'SESSION_SUSPENDED';
  else
    workspace_id := v_token.workspace_id;
    person_id := v_token.person_id;
    sign_in_id := v_token.sign_in_id;
    database_role := v_token.database_role;
    expires_at := v_token.expires_at;
  end if;
end
$$;
comment on function session.authenticate(text) is 'Who an access token is for; otherwise the reason why it is refused.';
revoke all on function session.authenticate(text) from public;
grant execute on function session.authenticate(text) to bulkhead_api;
