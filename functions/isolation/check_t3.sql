-- TRUNCATE removes every tenant's rows, TRIGGER runs code on them, REFERENCES tells which keys exist, MAINTAIN locks and rewrites.
create or replace function isolation.check_t3(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select 'T3', case when g.privilege = 'TRUNCATE' then 'critical' when t.class = 'reference' then 'medium' else 'high' end, t.object,
    format('%s has %s%s', g.role, g.privilege, ' (' || g.column_name || ')'),
    format('revoke %s on %s from %s', g.privilege, t.object, case when g.grantee = 0 then 'public' else quote_ident(g.role) end), 'PostgreSQL manual, Row Security Policies'
  from isolation.right_facts($1) g
  join isolation.relation_facts($1) t on t.oid = g.relid
  where g.privilege in ('TRUNCATE', 'REFERENCES', 'TRIGGER', 'MAINTAIN');
end;
comment on function isolation.check_t3(jsonb) is 'T3: A right is granted that row-level security does not govern.';
revoke all on function isolation.check_t3(jsonb) from public;
grant execute on function isolation.check_t3(jsonb) to bulkhead_auditor;
