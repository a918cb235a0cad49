-- Whoever can become a table's owner can switch its row-level security off, FORCE included.
create or replace function isolation.check_r2(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select 'R2', 'critical', 'role ' || e.login,
    format('can act as %s, the owner of %s', e.path, coalesce(o.what, 'the model''s objects')),
    'revoke the membership; only a deploying login becomes an owner', 'PostgreSQL manual, Row Security Policies'
  from isolation.reach_facts($1) e
  join isolation.role_facts($1) r on r.oid = e.role_oid
  left join lateral (
    select case count(*) when 1 then min(x.object) else format('%s and %s more', min(x.object), count(*) - 1) end as what, count(*) as owned
    from (
      select t.object from isolation.relation_facts($1) t where t.owner = e.role_oid and t.class in ('tenant', 'unknown')
      union all
      select f.object from isolation.function_facts($1) f where f.owner = e.role_oid and f.is_definer
    ) x
    having count(*) > 0
  ) o on true
  where r.kind = 'owner' or o.owned > 0
  union all
  -- An owner that nobody logs in as cannot be taken over by a password.
  select 'R2', 'high', 'role ' || r.name, 'owns the model''s objects and may log in', format('alter role %I nologin', r.name), 'PostgreSQL manual, Row Security Policies'
  from isolation.role_facts($1) r
  where r.kind = 'owner' and r.can_login and ($1 ->> 'strict')::boolean;
end;
comment on function isolation.check_r2(jsonb) is 'R2: A serving login reaches an owner.';
revoke all on function isolation.check_r2(jsonb) from public;
grant execute on function isolation.check_r2(jsonb) to bulkhead_auditor;
