-- The end of a sign-in: only the identity service, which asked the provider who this is, may say so.
create or replace function session.complete_sign_in(
  subject text, email text, name text, organization_id text, authentication_method text, provider_session_id text,
  client text, address inet, user_agent text,
  out access_token text, out refresh_token text, out access_expires_at timestamptz, out expires_at timestamptz,
  out workspace_id uuid, out person_id uuid
)
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_member record;
  v_policy session.workspace_policies;
  v_sign_in_id uuid;
  v_issued record;
begin
  insert into session.identities (provider, subject) values ('workos', complete_sign_in.subject)
  on conflict on constraint identity_subject_unique do nothing;
  select i.person_id into strict person_id
  from session.identities i where i.provider = 'workos' and i.subject = complete_sign_in.subject;

  select * into v_member from tenancy.admit(person_id, email, name, organization_id);
  workspace_id := v_member.workspace_id;

  select * into v_policy from session.workspace_policies p where p.workspace_id = complete_sign_in.workspace_id;
  if coalesce(v_policy.sso_required, false) and authentication_method is distinct from 'SSO' then
    raise exception using errcode = 'ZS005', message = 'this workspace is entered by single sign-on only',
      -- For the identity service, which tells that workspace's log of it.
      detail = workspace_id::text, hint = 'sign in through your organization';
  end if;

  insert into session.sign_ins (
    workspace_id, person_id, membership_id, role_key, membership_status, client, authentication_method,
    provider_session_id, address, user_agent, expires_at
  ) values (
    v_member.workspace_id, complete_sign_in.person_id, v_member.membership_id, v_member.role_key, 'active', client,
    authentication_method, provider_session_id, address, left(user_agent, 500),
    clock_timestamp() + coalesce(v_policy.maximum_age, interval '30 days')
  ) returning id into v_sign_in_id;

  select * into v_issued from session.issue(v_sign_in_id);
  access_token := v_issued.access_token;
  refresh_token := v_issued.refresh_token;
  access_expires_at := v_issued.access_expires_at;
  expires_at := v_issued.expires_at;
  perform audit.record(workspace_id, 'session.signed_in', v_sign_in_id, null, person_id, v_sign_in_id);
end
$$;
comment on function session.complete_sign_in(text, text, text, text, text, text, text, inet, text) is
  'Finds or makes the person and their membership, and issues a session.';
revoke all on function session.complete_sign_in(text, text, text, text, text, text, text, inet, text) from public;
grant execute on function session.complete_sign_in(text, text, text, text, text, text, text, inet, text) to bulkhead_identity;
