-- Says who a token is, or why it is nobody: the API turns the reason into a 401 before anything else runs.
-- The hash is looked up first: only a token that was minted here is ever parsed outside the guarded branch.
-- Comparing signatures need not be constant-time: a token that is not registered fails whatever its signature.
create or replace function session.authenticate(
  token text,
  out reason text, out workspace_id uuid, out person_id uuid, out sign_in_id uuid, out database_role text, out expires_at timestamptz
)
language plpgsql stable security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_row session.tokens;
  v_key session.signing_keys;
  v_header jsonb;
  v_signed text;
begin
  if token is null or length(token) > 4096 or token !~ '^[\w-]+\.[\w-]+\.[\w-]+$' then
    reason := 'SESSION_MALFORMED';
    return;
  end if;
  select * into v_row from session.tokens t where t.token_hash = session.token_hash(token);
  begin
    v_header := convert_from(session.from_base64url(split_part(token, '.', 1)), 'UTF8')::jsonb;
  exception when others then
    reason := 'SESSION_MALFORMED';
    return;
  end;
  if v_header ->> 'alg' is distinct from 'HS256' then
    reason := 'SESSION_MALFORMED';
    return;
  end if;
  select * into v_key from session.signing_keys k where k.kid = v_header ->> 'kid' and k.retired_at is null;
  v_signed := split_part(token, '.', 1) || '.' || split_part(token, '.', 2);
  if v_key.kid is null
    or session.base64url(session.hmac_sha256(v_key.inner_pad, v_key.outer_pad, v_signed)) <> split_part(token, '.', 3)
  then
    reason := 'SESSION_SIGNATURE_INVALID';
  elsif v_row.id is null then
    -- Well signed and unknown: cleaned up long after its expiry, or its workspace or membership is gone.
    reason := 'SESSION_UNKNOWN';
  elsif v_row.database_role not in ('bulkhead_member', 'bulkhead_agent', 'bulkhead_recipient') then
    -- A worker's ticket is no session of the API.
    reason := 'SESSION_UNKNOWN';
  elsif v_row.revoked_at is not null then
    reason := 'SESSION_REVOKED';
  elsif v_row.expires_at <= statement_timestamp() then
    reason := 'SESSION_EXPIRED';
  elsif v_row.membership_status is distinct from 'active' then
    reason := 'SESSION_SUSPENDED';
  else
    workspace_id := v_row.workspace_id;
    person_id := v_row.person_id;
    sign_in_id := v_row.sign_in_id;
    database_role := v_row.database_role;
    expires_at := v_row.expires_at;
  end if;
end
$$;
comment on function session.authenticate(text) is 'Who an access token is for; otherwise the reason why it is refused.';
revoke all on function session.authenticate(text) from public;
grant execute on function session.authenticate(text) to bulkhead_api;
