-- Through the parent the parent's policies hold; directly only the child's own do.
create or replace function isolation.check_t2(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select distinct 'T2', 'critical', t.object,
    format('%s has %s on this child of %s, whose policies do not hold here', g.role, g.privilege, i.inhparent::regclass),
    format('revoke all on %s from %s', t.object, case when g.grantee = 0 then 'public' else quote_ident(g.role) end), 'PostgreSQL manual, Row Security Policies'
  from isolation.relation_facts($1) t
  join pg_inherits i on i.inhrelid = t.oid
  join isolation.right_facts($1) g on g.relid = t.oid
  where t.is_child and t.class in ('tenant', 'unknown') and not (t.rls and t.forced);
end;
comment on function isolation.check_t2(jsonb) is 'T2: A partition or inheritance child is reachable directly.';
revoke all on function isolation.check_t2(jsonb) from public;
grant execute on function isolation.check_t2(jsonb) to bulkhead_auditor;
