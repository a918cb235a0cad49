-- Apart from session.authenticate, because input that anybody may have written is parsed under a guard, which costs.
create or replace function session.why_refused(token text) returns text
language plpgsql stable security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_key session.signing_keys;
  v_header jsonb;
begin
  if token is null or length(token) > 4096 or token !~ '^[\w-]+\.[\w-]+\.[\w-]+$' then
    return 'SESSION_MALFORMED';
  end if;
  begin
    v_header := convert_from(session.from_base64url(split_part(token, '.', 1)), 'UTF8')::jsonb;
  exception when others then
    return 'SESSION_MALFORMED';
  end;
  if v_header ->> 'alg' is distinct from 'HS256' then
    return 'SESSION_MALFORMED';
  end if;
  select * into v_key from session.signing_keys k where k.kid = v_header ->> 'kid' and k.retired_at is null;
  if not found or session.base64url(session.hmac_sha256(
    v_key.inner_pad, v_key.outer_pad, split_part(token, '.', 1) || '.' || split_part(token, '.', 2)
  )) <> split_part(token, '.', 3) then
    return 'SESSION_SIGNATURE_INVALID';
  end if;
  -- Well signed and unknown: cleaned up long after its expiry, or its workspace is gone.
  return 'SESSION_UNKNOWN';
end
$$;
comment on function session.why_refused(text) is 'Why a token that is not registered is refused.';
revoke all on function session.why_refused(text) from public;
