-- Tokens are stored and looked up by this hash only: reading the registry gives nobody a token.
create or replace function session.token_hash(token text) returns bytea
language sql immutable strict parallel safe
begin atomic
  select sha256(convert_to(token, 'UTF8'));
end;
comment on function session.token_hash(text) is 'SHA-256 of a token: how it is stored and looked up.';
revoke all on function session.token_hash(text) from public;
