-- What a role or the database sets at log-in is in force before the first statement.
create or replace function isolation.check_r5(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select 'R5', p.severity, case when s.setrole = 0 then 'database ' || current_database() else 'role ' || pg_get_userbyid(s.setrole) end,
    format('has %s set at log-in: %s', c.setting, p.problem),
    case when s.setrole = 0 then format('alter database %I reset %s', current_database(), split_part(c.setting, '=', 1))
      else format('alter role %I reset %s', pg_get_userbyid(s.setrole), split_part(c.setting, '=', 1)) end,
    'PostgreSQL manual, ALTER ROLE … SET'
  from pg_db_role_setting s
  cross join lateral unnest(s.setconfig) as c (setting)
  join lateral (
    select 'critical', 'triggers and foreign keys do not fire' where c.setting ilike 'session\_replication\_role=%' and c.setting not ilike '%=origin'
    union all
    select 'high', 'queries of an exempt role are never stopped, and those of others fail' where c.setting ilike 'row\_security=off'
    union all
    select 'high', 'the session starts as another role' where c.setting ilike 'role=%' and c.setting not ilike 'role=none'
    union all
    select 'high', 'code is loaded into the session' where c.setting ilike any (array['local\_preload\_libraries=_%', 'session\_preload\_libraries=_%'])
    union all
    select 'high', 'a tenant is chosen before any session is presented'
    where split_part(c.setting, '=', 1) in (select jsonb_array_elements_text(coalesce($1 -> 'context' -> 'settings', '[]')))
      and split_part(c.setting, '=', 2) <> ''
    union all
    select 'medium', 'a schema that others may create in comes first' where c.setting ilike 'search\_path=%' and exists (
      select from isolation.schema_facts($1) n
      cross join lateral aclexplode(n.acl) x
      where x.privilege_type = 'CREATE' and (x.grantee = 0 or x.grantee in (select a.oid from isolation.actor_facts($1) a))
        and c.setting ~ ('\m' || n.name || '\M')
    )
  ) p (severity, problem) on true
  where s.setdatabase in (0, (select d.oid from pg_database d where d.datname = current_database()))
    and (s.setrole = 0 or s.setrole in (
      select e.role_oid from isolation.reach_facts($1) e
      union all
      select r.oid from isolation.role_facts($1) r where r.kind in ('owner', 'deploy')
    ));
end;
comment on function isolation.check_r5(jsonb) is 'R5: A role has a risky setting.';
revoke all on function isolation.check_r5(jsonb) from public;
grant execute on function isolation.check_r5(jsonb) to bulkhead_auditor;
