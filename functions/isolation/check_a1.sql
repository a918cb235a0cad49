-- What is not watched leaves no trace. TRUNCATE fires no row trigger and no DELETE trigger, so it needs its own.
create or replace function isolation.check_a1(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  with watched as (
    select t.oid, t.object
    from isolation.relation_facts($1) t
    where t.class = 'tenant' and not t.is_child and t.object <> $1 -> 'audit' ->> 'table'
      and not exists (
        select from jsonb_array_elements_text(coalesce($1 -> 'audit' -> 'unwatched', '[]')) as g (glob)
        where t.object like replace(replace(g.glob, '_', '\_'), '*', '%')
      )
  ), wanted as (
    select w.oid, w.object, e.event, e.bit, case when e.event = 'TRUNCATE' then $1 -> 'audit' -> 'truncate' else $1 -> 'audit' -> 'functions' end as functions
    from watched w
    cross join (values ('INSERT', 4), ('DELETE', 8), ('UPDATE', 16), ('TRUNCATE', 32)) as e (event, bit)
  ), found as (
    select w.oid, w.object, w.event, g.tgname, g.tgenabled, g.tgqual is not null or g.tgattr <> '' as is_narrow
    from wanted w
    left join pg_trigger g on g.tgrelid = w.oid and not g.tgisinternal and g.tgtype::integer & w.bit > 0
      and exists (
        select from jsonb_array_elements_text(w.functions) as f (name)
        join pg_proc p on p.oid = g.tgfoid
        join pg_namespace n on n.oid = p.pronamespace
        where n.nspname || '.' || p.proname like replace(replace(f.name, '_', '\_'), '*', '%')
      )
    where w.functions is not null
  )
  select 'A1', 'high', f.object, format('no trigger watches %s', f.event), 'attach the audit trigger in the table''s policy file', 'PostgreSQL manual, CREATE TRIGGER'
  from found f
  where f.tgname is null
  union all
  select distinct 'A1', 'high', f.object, format('its trigger %s is %s', f.tgname, case f.tgenabled when 'D' then 'disabled' else 'enabled on replicas only' end),
    format('alter table %s enable trigger %I', f.object, f.tgname), 'PostgreSQL manual, ALTER TABLE'
  from found f
  where f.tgenabled in ('D', 'R')
  union all
  select distinct 'A1', 'medium', f.object, format('its trigger %s fires for some changes only', f.tgname), 'watch every column and row', 'PostgreSQL manual, CREATE TRIGGER'
  from found f
  where f.is_narrow
  union all
  select 'A1', 'high', t.object, format('its trigger %s is disabled', g.tgname), format('alter table %s enable trigger %I', t.object, g.tgname), 'PostgreSQL manual, ALTER TABLE'
  from isolation.relation_facts($1) t
  join pg_trigger g on g.tgrelid = t.oid and not g.tgisinternal and g.tgenabled in ('D', 'R')
  where $1 -> 'audit' is not null and not exists (select from found f where f.oid = t.oid and f.tgname = g.tgname)
  union all
  select 'A1', 'high', t.object, format('nothing refuses %s on the audit log', e.event), 'attach the trigger that refuses it', 'PostgreSQL manual, CREATE TRIGGER'
  from isolation.relation_facts($1) t
  cross join (values ('UPDATE', 16), ('DELETE', 8), ('TRUNCATE', 32)) as e (event, bit)
  where (t.object = $1 -> 'audit' ->> 'table' or coalesce($1 -> 'audit' -> 'protected', '[]') ? t.object) and not exists (
    select from pg_trigger g
    where g.tgrelid = t.oid and not g.tgisinternal and g.tgenabled in ('O', 'A') and g.tgtype::integer & e.bit > 0 and g.tgtype::integer & 2 > 0 and g.tgqual is null
  );
end;
comment on function isolation.check_a1(jsonb) is 'A1: An audit trigger is missing, disabled or narrow.';
revoke all on function isolation.check_a1(jsonb) from public;
grant execute on function isolation.check_a1(jsonb) to bulkhead_auditor;
