-- RFC 2104 over the built-in sha256: the padded keys are computed once, when the key is made.
create or replace function session.hmac_sha256(inner_pad bytea, outer_pad bytea, message text) returns bytea
language sql immutable strict parallel safe
begin atomic
  select sha256(outer_pad || sha256(inner_pad || convert_to(message, 'UTF8')));
end;
comment on function session.hmac_sha256(bytea, bytea, text) is 'HMAC-SHA256 of a message under a key given as its two pads.';
revoke all on function session.hmac_sha256(bytea, bytea, text) from public;
