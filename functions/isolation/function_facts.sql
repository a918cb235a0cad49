-- Functions in scope, with who of the serving roles may execute them and their text without comments. A body of the SQL standard's
-- form (BEGIN ATOMIC) has its names bound when it is made; its text is told for definer and immutable functions only. A NULL acl means that PUBLIC may execute.
create or replace function isolation.function_facts(model jsonb) returns table (oid oid, object text, owner oid, is_definer boolean, volatility text, leakproof boolean, settings text[], language text, is_atomic boolean, is_trigger boolean, executors text[], body text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  with actors as materialized (
    select a.oid, a.name from isolation.actor_facts($1) a
  ), extended as materialized (
    select d.objid from pg_depend d where d.classid = 'pg_proc'::regclass and d.deptype = 'e'
  )
  select
    p.oid, quote_ident(n.name) || '.' || quote_ident(p.proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')',
    p.proowner, p.prosecdef, p.provolatile::text, p.proleakproof, p.proconfig, l.lanname::text, p.prosqlbody is not null,
    p.prorettype in ('trigger'::regtype, 'event_trigger'::regtype),
    array(
      select distinct case when x.grantee = 0 then 'PUBLIC' else (select a.name from actors a where a.oid = x.grantee) end
      from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x
      where x.privilege_type = 'EXECUTE' and x.grantee <> p.proowner and (x.grantee = 0 or x.grantee in (select a.oid from actors a))
      order by 1
    ),
    case
      when t.text like '%/*%' then regexp_replace(regexp_replace(t.text, '--[^\n]*', '', 'g'), '/\*.*?\*/', '', 'g')
      when t.text like '%--%' then regexp_replace(t.text, '--[^\n]*', '', 'g')
      else t.text
    end
  from pg_proc p
  join isolation.schema_facts($1) n on n.oid = p.pronamespace
  join pg_language l on l.oid = p.prolang
  cross join lateral (
    select case
      when p.prosqlbody is null then p.prosrc
      when p.prosecdef or p.provolatile = 'i' then pg_get_function_sqlbody(p.oid)
      -- Writing every other one out again would cost more than all the rest of the checks.
      else ''
    end as text
  ) t
  where p.oid not in (select e.objid from extended e);
end;
comment on function isolation.function_facts(jsonb) is 'Every function and procedure in scope: owner, definer''s rights, settings, executors, text.';
revoke all on function isolation.function_facts(jsonb) from public;
grant execute on function isolation.function_facts(jsonb) to bulkhead_auditor;
