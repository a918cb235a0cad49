-- An unpinned search_path lets the caller choose which objects the owner's rights are used on. Left out of it, pg_temp comes first. A body
-- of the form BEGIN ATOMIC is bound when it is made and needs none.
create or replace function isolation.check_f2(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  with schemas as materialized (
    select * from isolation.schema_facts($1)
  ), actors as materialized (
    select * from isolation.actor_facts($1)
  )
  select 'F2', p.severity, f.object, p.problem, format('alter function %s set search_path to pg_catalog, pg_temp', f.object), 'PostgreSQL manual, CREATE FUNCTION: Writing SECURITY DEFINER Functions Safely'
  from isolation.function_facts($1) f
  left join lateral (select substr(s.setting, 13) as path from unnest(f.settings) as s (setting) where s.setting like 'search\_path=%') c on true
  join lateral (
    select 'high', 'has no search_path of its own' where c.path is null
    union all
    select 'high', 'its search_path holds a schema named after the caller: ' || c.path where c.path ~ '\$user'
    union all
    select 'medium', 'its search_path does not end with pg_temp, which is then searched first: ' || c.path
    where c.path is not null and c.path !~ 'pg_temp"?$' and c.path not in ('""', '')
    union all
    select 'high', format('its search_path holds %s, where %s may create objects', n.name, string_agg(case when x.grantee = 0 then 'PUBLIC' else pg_get_userbyid(x.grantee)::text end, ', '))
    from schemas n
    cross join lateral aclexplode(n.acl) x
    where x.privilege_type = 'CREATE' and (x.grantee = 0 or x.grantee in (select a.oid from actors a)) and c.path ~ ('\m' || n.name || '\M')
    group by n.name
  ) p (severity, problem) on true
  where f.is_definer and not f.is_atomic and f.language not in ('c', 'internal')
  union all
  select 'F2', 'high', 'schema ' || n.name, format('%s may create objects in it, and shadow others', case when x.grantee = 0 then 'PUBLIC' else pg_get_userbyid(x.grantee)::text end),
    format('revoke create on schema %I from %s', n.name, case when x.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(x.grantee)) end), 'PostgreSQL manual, CREATE FUNCTION: Writing SECURITY DEFINER Functions Safely'
  from schemas n
  cross join lateral aclexplode(n.acl) x
  where x.privilege_type = 'CREATE' and (x.grantee = 0 or x.grantee in (select a.oid from actors a)) and x.grantee <> n.owner;
end;
comment on function isolation.check_f2(jsonb) is 'F2: A definer function''s names can be shadowed.';
revoke all on function isolation.check_f2(jsonb) from public;
grant execute on function isolation.check_f2(jsonb) to bulkhead_auditor;
