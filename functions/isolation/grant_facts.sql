-- Rights as granted, one row per grantee and privilege, on whatever can be selected from or written to. The owner's own are left out:
-- they come with ownership.
create or replace function isolation.grant_facts(model jsonb) returns table (relid oid, object text, relkind text, grantee oid, role text, privilege text, column_name text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select
    c.oid, quote_ident(n.name) || '.' || quote_ident(c.relname), c.relkind::text, x.grantee,
    case when x.grantee = 0 then 'PUBLIC' else pg_get_userbyid(x.grantee)::text end, x.privilege_type::text, null::text
  from pg_class c
  join isolation.schema_facts($1) n on n.oid = c.relnamespace
  cross join lateral aclexplode(c.relacl) x
  where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and x.grantee <> c.relowner
  union all
  select
    c.oid, quote_ident(n.name) || '.' || quote_ident(c.relname), c.relkind::text, x.grantee,
    case when x.grantee = 0 then 'PUBLIC' else pg_get_userbyid(x.grantee)::text end, x.privilege_type::text, a.attname::text
  from pg_class c
  join isolation.schema_facts($1) n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attacl is not null and a.attnum > 0 and not a.attisdropped
  cross join lateral aclexplode(a.attacl) x
  where c.relkind in ('r', 'p', 'v', 'm', 'f') and x.grantee <> c.relowner;
end;
comment on function isolation.grant_facts(jsonb) is 'Every grant on tables, views, sequences and columns in scope, but the owner''s own.';
revoke all on function isolation.grant_facts(jsonb) from public;
grant execute on function isolation.grant_facts(jsonb) to bulkhead_auditor;
