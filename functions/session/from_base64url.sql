create or replace function session.from_base64url(data text) returns bytea
language sql immutable strict parallel safe
begin atomic
  select decode(rpad(translate(data, '-_', '+/'), (length(data) + 3) / 4 * 4, '='), 'base64');
end;
comment on function session.from_base64url(text) is 'The bytes of a base64url text; raises where it is none.';
revoke all on function session.from_base64url(text) from public;
