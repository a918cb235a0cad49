create or replace function session.base64url(data bytea) returns text
language sql immutable strict parallel safe
begin atomic
  select translate(encode(data, 'base64'), E'+/=\n', '-_');
end;
comment on function session.base64url(bytea) is 'Base64url without padding (RFC 4648, section 5).';
revoke all on function session.base64url(bytea) from public;
