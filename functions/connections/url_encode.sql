create or replace function connections.url_encode(value text) returns text
language sql immutable
set search_path to pg_catalog, pg_temp
as $$
  select coalesce(string_agg(
    case when chr(b) ~ '[A-Za-z0-9_.~-]' then chr(b) else '%' || upper(lpad(to_hex(b), 2, '0')) end, '' order by i
  ), '')
  from (select get_byte(convert_to(value, 'UTF8'), g.i) as b, g.i from generate_series(0, octet_length(convert_to(value, 'UTF8')) - 1) as g (i)) bytes
$$;
comment on function connections.url_encode(text) is 'Percent-encodes a query parameter (RFC 3986).';
revoke all on function connections.url_encode(text) from public;
