-- gen_random_uuid draws 122 bits from the server's strong random source; three of them are more than the 256 that come out.
create or replace function session.random_bytes() returns bytea
language sql volatile parallel safe
begin atomic
  select sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));
end;
comment on function session.random_bytes() is '32 unpredictable bytes.';
revoke all on function session.random_bytes() from public;
