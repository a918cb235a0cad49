-- The text of one query over the model ($1) with everything that it calls as materialized queries before it. Bodies of BEGIN ATOMIC are kept
-- by Postgres with their names bound, so that they can be told again as text, and pg_depend knows which uses which.
create or replace function isolation.compiled(name text) returns text
language sql stable
set search_path to pg_catalog, pg_temp
as $$
  with recursive uses (oid, depth) as (
    select p.oid, 0 from pg_proc p where p.pronamespace = 'isolation'::regnamespace and p.proname = compiled.name
    union
    select d.refobjid, u.depth + 1
    from uses u
    join pg_depend d on d.classid = 'pg_proc'::regclass and d.objid = u.oid and d.refclassid = 'pg_proc'::regclass
    join pg_proc p on p.oid = d.refobjid
    where p.pronamespace = 'isolation'::regnamespace and p.prosqlbody is not null and p.proargnames[1] = 'model'
  ), bodies as (
    select p.proname, max(u.depth) as depth,
      regexp_replace(regexp_replace(regexp_replace(pg_get_function_sqlbody(p.oid), '^BEGIN ATOMIC\n(.*);\nEND$', '\1'),
        '\misolation\.(\w+)\(' || p.proname || '\.model\)', 'isolation_\1', 'g'),
        '\m' || p.proname || '\.model\M', '(select m.model from isolation_model m)', 'g') as text
    from uses u join pg_proc p on p.oid = u.oid
    group by p.oid, p.proname
  )
  select format(E'with isolation_model (model) as materialized (select $1), %s\nselect * from isolation_%s',
    string_agg(format(E'isolation_%s as materialized (\n%s\n)', b.proname, b.text), E',\n' order by b.depth desc, b.proname), compiled.name)
  from bodies b
$$;
comment on function isolation.compiled(text) is 'One query over the model, with every fact that it uses computed once.';
revoke all on function isolation.compiled(text) from public;
grant execute on function isolation.compiled(text) to bulkhead_auditor;
