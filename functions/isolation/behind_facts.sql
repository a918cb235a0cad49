-- What the policies stand on: from each policy to the functions, views and tables that it names, and on through those. Postgres
-- records the names in a policy, a view and a BEGIN ATOMIC body; the text of other bodies is searched for the names of tables
-- and functions in scope. A trigger that fills in a row before it is written decides what policies read there, so it counts too.
create or replace function isolation.behind_facts(model jsonb) returns table (is_function boolean, oid oid)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  with recursive functions as materialized (
    select * from isolation.function_facts($1)
  ), relations as materialized (
    select * from isolation.relation_facts($1)
  ), filling as materialized (
    select t.tgrelid as relid, t.tgfoid as oid from pg_trigger t where not t.tgisinternal and t.tgtype & 3 = 3 and t.tgtype & 20 <> 0
  ), words as (
    -- Every `schema.name` inside a body that Postgres keeps as text, read once: comparing each body with each name is quadratic.
    select distinct f.oid as from_oid, w.found[1] as name, w.found[2] is not null as is_call
    from functions f
    cross join lateral regexp_matches(f.body, '((?:"[^"]+"|[[:alpha:]_][[:alnum:]_$]*)\.(?:"[^"]+"|[[:alpha:]_][[:alnum:]_$]*))(\s*\()?', 'g') as w (found)
    where not f.is_atomic and (not f.is_trigger or f.oid in (select g.oid from filling g)) and f.language in ('sql', 'plpgsql')
  ), named as (
    select w.from_oid, r.oid as to_oid, 'pg_class'::regclass as to_class
    from words w
    join relations r on r.object = w.name
    union all
    select w.from_oid, g.oid, 'pg_proc'::regclass
    from words w
    join functions g on w.is_call and split_part(g.object, '(', 1) = w.name and g.oid <> w.from_oid
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
    union
    select 'pg_class'::regclass, g.relid, 'pg_proc'::regclass, g.oid from filling g
  ), walk (class, oid, own_table) as (
    select e.to_class, e.to_oid, false
    from pg_policy p
    join edges e on e.from_class = 'pg_policy'::regclass and e.from_oid = p.oid
    where not (e.to_class = 'pg_class'::regclass and e.to_oid = p.polrelid)
      and p.polrelid in (select r.oid from relations r where r.class = 'tenant')
    union
    select e.to_class, e.to_oid, false from walk w join edges e on e.from_class = w.class and e.from_oid = w.oid
  )
  select distinct w.class = 'pg_proc'::regclass, w.oid from walk w;
end;
comment on function isolation.behind_facts(jsonb) is 'Every function, view and table that some policy depends on.';
revoke all on function isolation.behind_facts(jsonb) from public;
grant execute on function isolation.behind_facts(jsonb) to bulkhead_auditor;
