create or replace function session.hmac_pad(secret bytea, pad integer) returns bytea
language plpgsql immutable strict parallel safe
set search_path to pg_catalog, pg_temp
as $$
declare
  v_block bytea := secret || decode(repeat('00', 64 - octet_length(secret)), 'hex');
begin
  for v_position in 0 .. 63 loop
    v_block := set_byte(v_block, v_position, get_byte(v_block, v_position) # pad);
  end loop;
  return v_block;
end
$$;
comment on function session.hmac_pad(bytea, integer) is 'A key of at most 64 bytes as one of HMAC''s pads: 0x36 inner, 0x5c outer.';
revoke all on function session.hmac_pad(bytea, integer) from public;
