-- IMMUTABLE is folded into a prepared plan: the next tenant gets the last one's answer. VOLATILE, or outside a sub-select, is called for
-- every row.
create or replace function isolation.check_p7(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  with behind as materialized (
    select * from isolation.behind_facts($1)
  ), functions as materialized (
    select * from isolation.function_facts($1)
  )
  select 'P7', 'critical', f.object, 'is IMMUTABLE and reads what changes: a prepared plan keeps one tenant for the next',
    format('alter function %s stable', f.object), 'PostgreSQL manual, Function Volatility Categories'
  from behind b
  join functions f on b.is_function and f.oid = b.oid
  where f.volatility = 'i' and (
    f.body ~* '(current_setting|session_user|current_user|\mfrom\M)'
    or exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = f.oid and d.refclassid = 'pg_class'::regclass)
    or exists (
      select from pg_depend d join functions g on g.oid = d.refobjid and g.volatility <> 'i'
      where d.classid = 'pg_proc'::regclass and d.objid = f.oid and d.refclassid = 'pg_proc'::regclass
    )
  )
  union all
  -- Not behind a policy, and still wrong: what it answered for one tenant is kept in the plan that the next one executes.
  select 'P7', 'high', f.object, 'is IMMUTABLE and reads the session, a table, or a function that does',
    format('alter function %s stable', f.object), 'PostgreSQL manual, Function Volatility Categories'
  from functions f
  where f.volatility = 'i' and not f.is_trigger and f.language in ('sql', 'plpgsql')
    and not exists (select from behind b where b.is_function and b.oid = f.oid)
    and (
      f.body ~* '\m(current_setting|set_config|session_user|current_user|clock_timestamp|statement_timestamp|now|nextval|gen_random_uuid|uuidv4|uuidv7)\M'
      or exists (select from isolation.relation_facts($1) r where position(r.object in f.body) > 0)
      or exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = f.oid and d.refclassid = 'pg_class'::regclass)
      or exists (
        select from functions g where g.oid <> f.oid and g.volatility <> 'i' and position(split_part(g.object, '(', 1) || '(' in f.body) > 0
      )
    )
  union all
  select 'P7', 'medium', f.object, 'is VOLATILE and behind a policy: it runs for every row, and may do so at any moment',
    format('alter function %s stable', f.object), 'PostgreSQL manual, Function Volatility Categories'
  from behind b
  join functions f on b.is_function and f.oid = b.oid
  where f.volatility = 'v' and not f.is_trigger;
end;
comment on function isolation.check_p7(jsonb) is 'P7: A function behind a policy is declared immutable, or volatile.';
revoke all on function isolation.check_p7(jsonb) from public;
grant execute on function isolation.check_p7(jsonb) to bulkhead_auditor;
