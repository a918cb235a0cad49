-- Each refresh token is good once. A spent one that comes back was copied: whoever holds the copy and whoever holds the
-- original are both signed out. The answer is a reason, not an exception, so that the ending is committed.
create or replace function session.refresh(
  refresh_token text,
  out reason text, out access_token text, out next_refresh_token text, out access_expires_at timestamptz, out expires_at timestamptz
)
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_token session.refresh_tokens;
  v_sign_in session.sign_ins;
  v_policy session.workspace_policies;
  v_issued record;
begin
  select * into v_token from session.refresh_tokens r where r.token_hash = session.token_hash(refresh_token);
  if not found then
    reason := 'REFRESH_UNKNOWN';
    return;
  end if;
  -- One at a time per sign-in; the token is read again under the lock.
  select * into v_sign_in from session.sign_ins s where s.id = v_token.sign_in_id for update;
  select * into v_token from session.refresh_tokens r where r.token_hash = v_token.token_hash;
  if not found or v_sign_in.ended_at is not null then
    reason := 'REFRESH_UNKNOWN';
    -- A token of a sign-in that has ended may be a stolen one.
    perform audit.record(
      v_sign_in.workspace_id, 'session.refresh_refused', v_sign_in.id, null, v_sign_in.person_id, v_sign_in.id, reason
    ) where v_sign_in.id is not null and (session.allow('refresh_refused', null, v_sign_in.id::text)).allowed;
    return;
  end if;
  select * into v_policy from session.workspace_policies p where p.workspace_id = v_sign_in.workspace_id;

  if v_token.spent_at is not null then
    reason := 'REFRESH_REUSED';
    perform session.end_sign_in(v_sign_in.id, 'refresh_reused');
  elsif v_sign_in.membership_status is distinct from 'active' then
    reason := 'SESSION_SUSPENDED';
  elsif least(v_sign_in.expires_at, v_sign_in.created_at + coalesce(v_policy.maximum_age, interval '30 days')) <= clock_timestamp() then
    reason := 'SESSION_EXPIRED';
    perform session.end_sign_in(v_sign_in.id, 'expired');
  elsif v_sign_in.last_refreshed_at + coalesce(v_policy.idle_timeout, interval '14 days') <= clock_timestamp() then
    reason := 'SESSION_IDLE';
    perform session.end_sign_in(v_sign_in.id, 'idle');
  elsif coalesce(v_policy.sso_required, false) and v_sign_in.authentication_method <> 'SSO' then
    reason := 'SSO_REQUIRED';
    perform session.end_sign_in(v_sign_in.id, 'revoked');
  else
    update session.refresh_tokens r set spent_at = clock_timestamp() where r.token_hash = v_token.token_hash;
    update session.sign_ins s
    set last_refreshed_at = clock_timestamp(),
      expires_at = least(s.expires_at, s.created_at + coalesce(v_policy.maximum_age, interval '30 days'))
    where s.id = v_sign_in.id;
    select * into v_issued from session.issue(v_sign_in.id);
    access_token := v_issued.access_token;
    next_refresh_token := v_issued.refresh_token;
    access_expires_at := v_issued.access_expires_at;
    expires_at := v_issued.expires_at;
  end if;
  perform audit.record(
    v_sign_in.workspace_id, case when reason is null then 'session.refreshed' else 'session.refresh_refused' end,
    v_sign_in.id, null, v_sign_in.person_id, v_sign_in.id, reason
  );
end
$$;
comment on function session.refresh(text) is 'Trades a refresh token for the next pair; otherwise the reason why not.';
revoke all on function session.refresh(text) from public;
grant execute on function session.refresh(text) to bulkhead_api;
