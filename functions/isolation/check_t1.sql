-- Off: everything is seen. Not forced: the owner, and so every definer function, sees everything. A partition without grants is
-- reached through its parent only, whose policies then hold (T2 looks at the others).
create or replace function isolation.check_t1(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select 'T1', p.severity, t.object, p.problem, p.mend, 'PostgreSQL manual, Row Security Policies'
  from isolation.relation_facts($1) t
  cross join lateral (
    select exists (select from pg_policy y where y.polrelid = t.oid) as policies,
      exists (select from isolation.right_facts($1) g where g.relid = t.oid) as granted
  ) s
  join lateral (
    select case when s.granted then 'critical' else 'high' end, 'row-level security is off, so its policies do nothing',
      format('alter table %s enable row level security', t.object)
    where not t.rls and s.policies
    union all
    select case when s.granted then 'critical' else 'high' end, 'row-level security is off',
      format('alter table %s enable row level security; alter table %s force row level security', t.object, t.object)
    where not t.rls and not s.policies and (t.class = 'tenant' and not t.is_child)
    union all
    select 'high', 'row-level security is off', format('alter table %s enable row level security', t.object)
    where not t.rls and not s.policies and t.class in ('private', 'reference') and ($1 ->> 'strict')::boolean
      -- A reference table may be read by all; what is asked is that nobody else writes it.
      and t.owner in (select r.oid from isolation.role_facts($1) r where r.kind = 'owner')
    union all
    select case when t.class = 'tenant' then 'high' else 'medium' end, 'row-level security does not bind its owner: definer functions see every tenant',
      format('alter table %s force row level security', t.object)
    where t.rls and not t.forced and (t.class = 'tenant' or ($1 ->> 'strict')::boolean
        and t.owner in (select r.oid from isolation.role_facts($1) r where r.kind = 'owner') and not exists (
          select from jsonb_array_elements_text(coalesce($1 -> 'tables' -> 'unforced', '[]')) as g (glob)
          where t.object like replace(replace(g.glob, '_', '\_'), '*', '%')))
    union all
    select 'low', 'row-level security is on without a policy: its grants let nothing through', 'add a policy, or revoke the grants'
    where t.rls and not s.policies and s.granted
    union all
    select 'medium', 'has no tenant column and the model does not say whose its rows are',
      'add the tenant column, or list the table under tables.reference or tables.private'
    where t.class = 'unknown' and (s.granted or ($1 ->> 'strict')::boolean) and not (t.rls and t.forced and not s.policies)
  ) p (severity, problem, mend) on true;
end;
comment on function isolation.check_t1(jsonb) is 'T1: Row-level security is off, not forced, or without policies.';
revoke all on function isolation.check_t1(jsonb) from public;
grant execute on function isolation.check_t1(jsonb) to bulkhead_auditor;
