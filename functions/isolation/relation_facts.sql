-- Tables with their tenant column and class. Tenant: it has the column, and the model does not call it private. A table that is
-- neither is `unknown`, and said so (T1): nobody has thought about whose its rows are.
create or replace function isolation.relation_facts(model jsonb) returns table (oid oid, object text, relkind text, owner oid, rls boolean, forced boolean, class text, tenant_attnum smallint, tenant_column text, tenant_not_null boolean, is_child boolean)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select
    c.oid, quote_ident(n.name) || '.' || quote_ident(c.relname), c.relkind::text, c.relowner, c.relrowsecurity, c.relforcerowsecurity,
    case
      when named.attnum is not null then 'tenant'
      when l.private then 'private'
      when l.reference then 'reference'
      when found.attnum is not null then 'tenant'
      else 'unknown'
    end,
    coalesce(named.attnum, found.attnum), coalesce(named.attname, found.attname)::text, coalesce(named.attnotnull, found.attnotnull),
    exists (select from pg_inherits i where i.inhrelid = c.oid)
  from pg_class c
  join isolation.schema_facts($1) n on n.oid = c.relnamespace
  cross join lateral (
    select
      coalesce(bool_or(e.kind = 'private'), false) as private,
      coalesce(bool_or(e.kind = 'reference'), false) as reference
    from jsonb_each(coalesce($1 -> 'tables', '{}')) as e (kind, names)
    cross join lateral jsonb_array_elements_text(e.names) as g (glob)
    where n.name || '.' || c.relname like replace(replace(g.glob, '_', '\_'), '*', '%')
  ) l
  left join lateral (
    select a.attnum, a.attname, a.attnotnull
    from pg_attribute a
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      and a.attname = $1 -> 'tenant' -> 'tables' ->> (n.name || '.' || c.relname)
  ) named on true
  left join lateral (
    select a.attnum, a.attname, a.attnotnull
    from jsonb_array_elements_text($1 -> 'tenant' -> 'columns') with ordinality as g (name, place)
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attname = g.name
    order by g.place
    limit 1
  ) found on true
  where c.relkind in ('r', 'p')
    and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e');
end;
comment on function isolation.relation_facts(jsonb) is 'Every table in scope: its class (tenant, reference, private, unknown), tenant column and row-level security.';
revoke all on function isolation.relation_facts(jsonb) from public;
grant execute on function isolation.relation_facts(jsonb) to bulkhead_auditor;
