-- Foreign keys see past row-level security: a row may point at another tenant's, which tells that it exists, and a cascade from there
-- changes rows here.
create or replace function isolation.check_c2(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select 'C2', case when c.confdeltype in ('c', 'n', 'd') or c.confupdtype in ('c', 'n', 'd') then 'critical' else 'high' end,
    t.object || '.' || c.conname, format('does not carry the tenant column: %s', pg_get_constraintdef(c.oid)),
    format('foreign key (%I, …) references %s (%I, …)', t.tenant_column, r.object, r.tenant_column),
    'PostgreSQL manual, Row Security Policies: referential integrity and uniqueness bypass them'
  from isolation.relation_facts($1) t
  join pg_constraint c on c.conrelid = t.oid and c.contype = 'f' and c.conparentid = 0
  join isolation.relation_facts($1) r on r.oid = c.confrelid and r.class = 'tenant'
  where t.class = 'tenant'
    and not exists (select from unnest(c.conkey, c.confkey) as k (own, other) where k.own = t.tenant_attnum and k.other = r.tenant_attnum);
end;
comment on function isolation.check_c2(jsonb) is 'C2: A foreign key leaves out the tenant column.';
revoke all on function isolation.check_c2(jsonb) from public;
grant execute on function isolation.check_c2(jsonb) to bulkhead_auditor;
