create or replace function session.retire_signing_key(kid text) returns boolean
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  update session.signing_keys k set retired_at = clock_timestamp()
  where k.kid = retire_signing_key.kid and k.superseded_at is not null and k.retired_at is null;
  if not found then
    return false;
  end if;
  -- The database itself forgets what the key signed: policies look tokens up and verify no signature.
  update session.tokens t set revoked_at = clock_timestamp()
  where t.kid = retire_signing_key.kid and t.revoked_at is null;
  return true;
end
$$;
comment on function session.retire_signing_key(text) is 'Ends a superseded signing key: what it signed no longer verifies.';
revoke all on function session.retire_signing_key(text) from public;
