create or replace function isolation.probe_columns(role text, relid oid) returns text
language sql stable
set search_path to pg_catalog, pg_temp
as $$
  select string_agg(quote_ident(a.attname), ', ' order by a.attnum) from pg_attribute a
  where a.attrelid = relid and a.attnum > 0 and not a.attisdropped and has_column_privilege(role, relid, a.attnum, 'select')
$$;
comment on function isolation.probe_columns(text, oid) is 'The columns that a role may select, as a list.';
revoke all on function isolation.probe_columns(text, oid) from public;
