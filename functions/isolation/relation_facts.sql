-- Tables with their tenant column and class. Tenant: it has the column, and the model does not call it private. A table that is
-- neither is `unknown`, and said so (T1): nobody has thought about whose its rows are.
create or replace function isolation.relation_facts(model jsonb) returns table (oid oid, object text, relkind text, owner oid, rls boolean, forced boolean, class text, tenant_attnum smallint, tenant_column text, tenant_not_null boolean, is_child boolean)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  with listed as materialized (
    select e.kind, replace(replace(g.glob, '_', '\_'), '*', '%') as pattern
    from jsonb_each(coalesce($1 -> 'tables', '{}')) as e (kind, names)
    cross join lateral jsonb_array_elements_text(e.names) as g (glob)
  ), preferred as materialized (
    select g.name, g.place from jsonb_array_elements_text($1 -> 'tenant' -> 'columns') with ordinality as g (name, place)
  ), named_columns as materialized (
    select e.key as object, e.value as name from jsonb_each_text(coalesce($1 -> 'tenant' -> 'tables', '{}')) e
  ), extended as materialized (
    select d.objid from pg_depend d where d.classid = 'pg_class'::regclass and d.deptype = 'e'
  )
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
      exists (select from listed g where g.kind = 'private' and n.name || '.' || c.relname like g.pattern) as private,
      exists (select from listed g where g.kind = 'reference' and n.name || '.' || c.relname like g.pattern) as reference
  ) l
  left join lateral (
    select a.attnum, a.attname, a.attnotnull
    from pg_attribute a
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      and a.attname = (select t.name from named_columns t where t.object = n.name || '.' || c.relname)
  ) named on true
  left join lateral (
    select a.attnum, a.attname, a.attnotnull
    from preferred g
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attname = g.name
    order by g.place
    limit 1
  ) found on true
  where c.relkind in ('r', 'p')
    and c.oid not in (select e.objid from extended e);
end;
comment on function isolation.relation_facts(jsonb) is 'Every table in scope: its class (tenant, reference, private, unknown), tenant column and row-level security.';
revoke all on function isolation.relation_facts(jsonb) from public;
grant execute on function isolation.relation_facts(jsonb) to bulkhead_auditor;
