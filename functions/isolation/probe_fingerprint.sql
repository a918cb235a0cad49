-- The statement that says, as one text, what a tenant's rows are: run before and after, it shows whether anything was changed.
create or replace function isolation.probe_fingerprint(model jsonb, tenant text) returns text
language sql stable
set search_path to pg_catalog, pg_temp
as $$
  select 'select md5(string_agg(f, ''|'' order by t)) from (' || string_agg(
    format('select %L as t, (select string_agg(md5(x::text), '','' order by md5(x::text)) from %s x where %I::text = %L) as f', r.object, r.object, r.tenant_column, tenant),
    ' union all ') || ') q'
  from isolation.relation_facts(model) r where r.class = 'tenant' and not r.is_child
$$;
comment on function isolation.probe_fingerprint(jsonb, text) is 'A query for the fingerprint of one tenant''s rows.';
revoke all on function isolation.probe_fingerprint(jsonb, text) from public;
