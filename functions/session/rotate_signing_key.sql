-- The former key signs nothing more; what it signed verifies until it is retired.
create or replace function session.rotate_signing_key() returns text
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_secret bytea := session.random_bytes();
  v_kid text := 'hs-' || to_char(clock_timestamp() at time zone 'UTC', 'YYYYMMDDHH24MISS') || '-'
    || substr(encode(session.random_bytes(), 'hex'), 1, 8);
begin
  update session.signing_keys set superseded_at = clock_timestamp() where superseded_at is null;
  insert into session.signing_keys (kid, inner_pad, outer_pad)
  values (v_kid, session.hmac_pad(v_secret, 54), session.hmac_pad(v_secret, 92));
  return v_kid;
end
$$;
comment on function session.rotate_signing_key() is 'Makes a new signing key the current one and returns its key id.';
revoke all on function session.rotate_signing_key() from public;
