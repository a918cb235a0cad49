-- The least version 7 UUID of a moment: partitions and time filters compare ids with it.
create or replace function audit.uuid_floor(moment timestamptz) returns uuid
language sql immutable strict parallel safe
begin atomic
  select rpad(lpad(to_hex((extract(epoch from moment) * 1000)::bigint), 12, '0'), 32, '0')::uuid;
end;
comment on function audit.uuid_floor(timestamptz) is 'The least version 7 UUID of a moment.';
revoke all on function audit.uuid_floor(timestamptz) from public;
