-- Files, programs, replication and role creation each lead around row-level security: a base backup holds every row.
create or replace function isolation.check_r3(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select 'R3', p.severity, 'role ' || e.login, format('can act as %s, which %s', e.path, p.power),
    case when r.kind = 'builtin' then format('revoke %I from the role that has it', r.name) else format('alter role %I %s', r.name, p.remedy) end,
    'PostgreSQL manual, Predefined Roles and Role Attributes'
  from isolation.reach_facts($1) e
  join isolation.role_facts($1) l on l.oid = e.login_oid
  join isolation.role_facts($1) r on r.oid = e.role_oid
  join lateral (
    select 'critical', 'runs programs and touches files on the server', null
    where r.name in ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program')
    union all
    select 'high', 'reads or writes every table without a grant', null where r.name in ('pg_read_all_data', 'pg_write_all_data')
    union all
    select 'medium', 'sees the queries or statistics of others', null
    where r.name in ('pg_monitor', 'pg_read_all_stats', 'pg_stat_scan_tables') and l.kind <> 'auditor'
    union all
    select 'medium', 'disturbs the server and its other sessions', null
    where r.name in ('pg_signal_backend', 'pg_maintain', 'pg_create_subscription', 'pg_checkpoint', 'pg_database_owner')
    union all
    select 'critical', 'may replicate: a copy of the whole cluster', 'noreplication' where r.replicates and not r.is_super
    union all
    select 'high', 'may create roles and grant itself others', 'nocreaterole' where r.creates_roles and not r.is_super
    union all
    select 'low', 'may create databases', 'nocreatedb' where r.creates_databases and not r.is_super
  ) p (severity, power, remedy) on true
  union all
  -- Definer functions run with what their owner may.
  select 'R3', 'high', 'role ' || r.name, 'owns definer functions and may ' || p.power, format('alter role %I %s', r.name, p.remedy), 'PostgreSQL manual, Predefined Roles and Role Attributes'
  from isolation.role_facts($1) r
  join lateral (
    select 'replicate', 'noreplication' where r.replicates
    union all
    select 'create roles', 'nocreaterole' where r.creates_roles
    union all
    select 'create databases', 'nocreatedb' where r.creates_databases
  ) p (power, remedy) on true
  where r.kind = 'owner' and not r.is_super and ($1 ->> 'strict')::boolean;
end;
comment on function isolation.check_r3(jsonb) is 'R3: A serving login holds a server-wide power.';
revoke all on function isolation.check_r3(jsonb) from public;
grant execute on function isolation.check_r3(jsonb) to bulkhead_auditor;
