-- A duplicate key error says that another tenant has the value; so does ON CONFLICT DO NOTHING, by saying 0 rows. A random key cannot
-- be guessed, which makes it a lesser fault, not none.
create or replace function isolation.check_c1(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select 'C1',
    case
      when x.is_random then 'low'
      when exists (select from isolation.right_facts($1) g where g.relid = t.oid and g.privilege in ('INSERT', 'UPDATE')) then 'high'
      else 'medium'
    end,
    t.object || '.' || i.relname, format('is unique across tenants: %s', pg_get_indexdef(i.oid)),
    format('put %I in front of the key', t.tenant_column), 'PostgreSQL manual, Row Security Policies: referential integrity and uniqueness bypass them'
  from isolation.relation_facts($1) t
  join pg_index d on d.indrelid = t.oid
  join pg_class i on i.oid = d.indexrelid
  cross join lateral (
    select d.indnkeyatts = 1 and exists (
      select from pg_attribute a where a.attrelid = t.oid and a.attnum = d.indkey[0] and a.atttypid = 'uuid'::regtype
    ) as is_random
  ) x
  where t.class = 'tenant' and (d.indisunique or d.indisexclusion)
    and not t.tenant_attnum = any ((d.indkey::smallint[])[0:d.indnkeyatts - 1]);
end;
comment on function isolation.check_c1(jsonb) is 'C1: A unique or exclusion constraint spans tenants.';
revoke all on function isolation.check_c1(jsonb) from public;
grant execute on function isolation.check_c1(jsonb) to bulkhead_auditor;
