-- The one place where a token comes into being: signed, and registered by its hash before anybody holds it.
create or replace function session.mint(
  database_role text, workspace_id uuid, person_id uuid, membership_id uuid, role_key text, membership_status text,
  sign_in_id uuid, ticket_id uuid, expires_at timestamptz
) returns text
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_key session.signing_keys;
  v_id uuid := app.uuid_v7();
  v_signed text;
  v_token text;
begin
  select * into v_key from session.signing_keys k where k.superseded_at is null;
  if not found then
    raise exception using errcode = 'ZS010', message = 'there is no signing key', hint = 'run deploy';
  end if;
  v_signed :=
    session.base64url(convert_to(json_build_object('alg', 'HS256', 'typ', 'JWT', 'kid', v_key.kid)::text, 'UTF8'))
    || '.' ||
    session.base64url(convert_to(json_strip_nulls(json_build_object(
      'iss', 'bulkhead',
      'aud', 'bulkhead',
      'sub', person_id,
      'wid', workspace_id,
      'sid', coalesce(sign_in_id, ticket_id),
      'jti', v_id,
      'role', database_role,
      'iat', floor(extract(epoch from clock_timestamp())),
      'exp', floor(extract(epoch from expires_at))
    ))::text, 'UTF8'));
  v_token := v_signed || '.' || session.base64url(session.hmac_sha256(v_key.inner_pad, v_key.outer_pad, v_signed));
  insert into session.tokens (
    token_hash, id, kid, database_role, workspace_id, person_id, membership_id, role_key, membership_status,
    sign_in_id, ticket_id, expires_at
  ) values (
    session.token_hash(v_token), v_id, v_key.kid, mint.database_role, mint.workspace_id, mint.person_id, mint.membership_id, mint.role_key,
    mint.membership_status, mint.sign_in_id, mint.ticket_id, mint.expires_at
  );
  return v_token;
end
$$;
comment on function session.mint(text, uuid, uuid, uuid, text, text, uuid, uuid, timestamptz) is
  'Signs and registers a token (HS256 JWT).';
revoke all on function session.mint(text, uuid, uuid, uuid, text, text, uuid, uuid, timestamptz) from public;
