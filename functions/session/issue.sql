-- An access token of at most 15 minutes, and a refresh token that replaces the one just spent.
create or replace function session.issue(
  sign_in_id uuid, out access_token text, out refresh_token text, out access_expires_at timestamptz, out expires_at timestamptz
)
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_sign_in session.sign_ins;
  v_policy session.workspace_policies;
begin
  select * into strict v_sign_in from session.sign_ins s where s.id = issue.sign_in_id;
  select * into v_policy from session.workspace_policies p where p.workspace_id = v_sign_in.workspace_id;
  expires_at := v_sign_in.expires_at;
  -- A session is never idle for longer than its policy says: without a refresh the access token ends first.
  access_expires_at := least(
    clock_timestamp() + interval '15 minutes',
    clock_timestamp() + coalesce(v_policy.idle_timeout, interval '14 days'),
    v_sign_in.expires_at
  );
  access_token := session.mint(
    'bulkhead_member', v_sign_in.workspace_id, v_sign_in.person_id, v_sign_in.membership_id, v_sign_in.role_key,
    v_sign_in.membership_status, v_sign_in.id, null, access_expires_at
  );
  refresh_token := 'bhr_' || session.base64url(session.random_bytes());
  insert into session.refresh_tokens (token_hash, sign_in_id)
  values (session.token_hash(refresh_token), v_sign_in.id);
end
$$;
comment on function session.issue(uuid) is 'Issues the next access and refresh token of a sign-in.';
revoke all on function session.issue(uuid) from public;
