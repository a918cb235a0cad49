-- What the policies stand on: from each policy to the functions, views and tables that it names, and on through those. Postgres
-- records the names in a policy, a view and a BEGIN ATOMIC body; the text of other bodies is searched for the names of tables
-- and functions in scope.
create or replace function isolation.behind_facts(model jsonb) returns table (is_function boolean, oid oid)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  with recursive named as (
    -- Names inside bodies that Postgres keeps as text.
    select f.oid as from_oid, r.oid as to_oid, 'pg_class'::regclass as to_class
    from isolation.function_facts($1) f
    join isolation.relation_facts($1) r on position(r.object in f.body) > 0
    where not f.is_atomic and not f.is_trigger and f.language in ('sql', 'plpgsql')
    union all
    select f.oid, g.oid, 'pg_proc'::regclass
    from isolation.function_facts($1) f
    join isolation.function_facts($1) g on g.oid <> f.oid and position(split_part(g.object, '(', 1) || '(' in f.body) > 0
    where not f.is_atomic and not f.is_trigger and f.language in ('sql', 'plpgsql')
  ), edges as (
    select d.classid as from_class, d.objid as from_oid, d.refclassid as to_class, d.refobjid as to_oid
    from pg_depend d
    where d.classid in ('pg_policy'::regclass, 'pg_proc'::regclass) and d.refclassid in ('pg_proc'::regclass, 'pg_class'::regclass)
      and d.deptype in ('n', 'a') and d.refobjid >= 16384
    union
    select 'pg_class'::regclass, w.ev_class, d.refclassid, d.refobjid
    from pg_depend d
    join pg_rewrite w on w.oid = d.objid and w.ev_type = '1'
    where d.classid = 'pg_rewrite'::regclass and d.refclassid in ('pg_proc'::regclass, 'pg_class'::regclass)
      and d.refobjid >= 16384 and d.refobjid <> w.ev_class
    union
    select 'pg_proc'::regclass, n.from_oid, n.to_class, n.to_oid from named n
  ), walk (class, oid, own_table) as (
    select e.to_class, e.to_oid, false
    from pg_policy p
    join edges e on e.from_class = 'pg_policy'::regclass and e.from_oid = p.oid
    where not (e.to_class = 'pg_class'::regclass and e.to_oid = p.polrelid)
      and p.polrelid in (select r.oid from isolation.relation_facts($1) r where r.class = 'tenant')
    union
    select e.to_class, e.to_oid, false from walk w join edges e on e.from_class = w.class and e.from_oid = w.oid
  )
  select distinct w.class = 'pg_proc'::regclass, w.oid from walk w;
end;
comment on function isolation.behind_facts(jsonb) is 'Every function, view and table that some policy depends on.';
revoke all on function isolation.behind_facts(jsonb) from public;
grant execute on function isolation.behind_facts(jsonb) to bulkhead_auditor;
