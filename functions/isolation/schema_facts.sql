-- The schemas that are looked at: all but the system's, unless the model names some. An extension's own schema is its author's.
create or replace function isolation.schema_facts(model jsonb) returns table (oid oid, name text, owner oid, acl aclitem[])
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select n.oid, n.nspname::text, n.nspowner, n.nspacl
  from pg_namespace n
  where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    and (
      $1 -> 'schemas' is null
      or exists (
        select from jsonb_array_elements_text($1 -> 'schemas') as g (glob)
        where n.nspname like replace(replace(g.glob, '_', '\_'), '*', '%')
      )
    );
end;
comment on function isolation.schema_facts(jsonb) is 'The schemas in scope.';
revoke all on function isolation.schema_facts(jsonb) from public;
grant execute on function isolation.schema_facts(jsonb) to bulkhead_auditor;
