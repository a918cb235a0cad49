-- A token for an auditor's probing: for a workspace that this very transaction made up, presented by the auditor's own login while a definer
-- function of isolation runs, and gone with it. Whoever calls it for anything else is refused.
create or replace function session.mint_probed(
  workspace_id uuid, person_id uuid, membership_id uuid, role_key text, membership_status text, expires_at timestamptz, revoked boolean
) returns text
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_sign_in_id uuid;
  v_token text;
begin
  if session_user <> 'bulkhead_auditor' or not isolation.is_probed(workspace_id) then
    raise exception using errcode = 'ZI003', message = 'only probing makes a token for a synthetic tenant';
  end if;
  insert into session.identities (person_id, provider, subject) values (mint_probed.person_id, 'workos', 'isolation probe ' || mint_probed.person_id)
  on conflict do nothing;
  insert into session.sign_ins (workspace_id, person_id, membership_id, role_key, membership_status, client, authentication_method, expires_at)
  values (
    mint_probed.workspace_id, mint_probed.person_id, mint_probed.membership_id, mint_probed.role_key, mint_probed.membership_status,
    'web', 'isolation probe', clock_timestamp() + interval '10 minutes'
  ) returning id into v_sign_in_id;
  v_token := session.mint(
    'bulkhead_auditor', mint_probed.workspace_id, mint_probed.person_id, mint_probed.membership_id, mint_probed.role_key,
    mint_probed.membership_status, v_sign_in_id, null, mint_probed.expires_at
  );
  if revoked then
    update session.tokens t set revoked_at = clock_timestamp() where t.sign_in_id = v_sign_in_id;
  end if;
  return v_token;
end
$$;
comment on function session.mint_probed(uuid, uuid, uuid, text, text, timestamptz, boolean) is 'A token for a synthetic tenant of this transaction, which never commits.';
revoke all on function session.mint_probed(uuid, uuid, uuid, text, text, timestamptz, boolean) from public;
grant execute on function session.mint_probed(uuid, uuid, uuid, text, text, timestamptz, boolean) to bulkhead_owner;
