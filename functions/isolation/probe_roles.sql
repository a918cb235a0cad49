-- R1, R4, T1, T4, T9, F2, P9, C4, C5: what a role is and may make, apart from any one table.
create or replace function isolation.probe_roles(model jsonb, world jsonb)
returns table (id text, title text, verdict text, detail text)
language plpgsql volatile
set search_path to pg_catalog, pg_temp
as $$
declare
  -- All that an attempt needs: the world itself is long, and is passed thousands of times.
  v_enter jsonb := jsonb_build_object('enter', world -> 'enter');
  v_actor record;
  v_role record;
  v_schema record;
  v_object oid;
  v_result jsonb;
  v_bad text[];
  v_tried integer;
  v_tables text := (select string_agg(format('%L', r.object), ', ') from isolation.relation_facts(model) r where r.class = 'tenant');
  v_label text;
  -- A definer function becomes nobody.
  v_becomes boolean := current_user = session_user;
begin
  -- R1: every login tries to become every role. A role that is exempt, owns tables or deploys must be out of reach.
  -- An auditor's prober leaves that to the static check.
  for v_actor in select distinct on (a.login) a.login from jsonb_to_recordset(world -> 'actors') as a (role text, login text, kind text) where v_becomes loop
    v_bad := '{}';
    v_tried := 0;
    for v_role in
      select f.name, f.kind, f.is_super or f.bypasses as exempt from isolation.role_facts(model) f where f.name <> v_actor.login
        and (f.is_super or f.bypasses or f.kind in ('owner', 'deploy', 'admin', 'builtin', 'login', 'auditor'))
    loop
      v_tried := v_tried + 1;
      v_result := isolation.probe_attempt(v_enter, v_actor.login, v_actor.login, null, null, array[format('set local role %I', v_role.name)]);
      if not v_result ? 'code' then
        v_bad := v_bad || format('becomes %s (%s)', v_role.name, case when v_role.exempt then 'exempt from row-level security' else v_role.kind end);
      end if;
    end loop;
    return query select * from isolation.probe_report(model, 'R1', 'become an exempt, owning or another login''s role', 'role ' || v_actor.login, v_tried, v_bad);
  end loop;
  for v_actor in select * from jsonb_to_recordset(world -> 'actors') as a (role text, login text, kind text) loop
    v_result := isolation.probe_attempt(v_enter, v_actor.login, v_actor.role, null, null, array['set local session_replication_role = replica']);
    return query select * from isolation.probe_report(model, 'R4', 'switch triggers and foreign keys off', 'role ' || v_actor.role, 1,
      case when v_result ->> 'code' is distinct from '42501' then array['could set session_replication_role'] else '{}' end);
    if v_tables is not null then
      v_result := isolation.probe_attempt(v_enter, v_actor.login, v_actor.role, null, null, array[format(
        'select string_agg(c.oid::regclass::text, '', '') from pg_class c where c.oid = any (%L::oid[]) and not row_security_active(c.oid)',
        -- A partition that the role has no right on is reached through its parent alone.
        array(select r.oid from isolation.relation_facts(model) r where r.class = 'tenant' and (not r.is_child
          or has_any_column_privilege(v_actor.role, r.oid, 'select, insert, update') or has_table_privilege(v_actor.role, r.oid, 'delete'))))]);
      return query select * from isolation.probe_report(model, 'T1', 'row-level security is active', 'role ' || v_actor.role, 1,
        case when v_result ->> 'value' is not null then array['not on ' || (v_result ->> 'value')] else '{}' end,
        case when v_result ? 'code' then array[v_result ->> 'message'] else '{}' end);
    end if;
    -- C5: this very connection belongs to another login, so what it says must not be shown.
    v_result := isolation.probe_attempt(v_enter, v_actor.login, v_actor.role, null, null, array[
      'select count(*) from pg_stat_activity s where s.pid = pg_backend_pid() and s.query is distinct from ''<insufficient privilege>''']);
    return query select * from isolation.probe_report(model, 'C5', 'read another login''s statement', 'role ' || v_actor.role, 1,
      case when v_result ->> 'value' <> '0' then array['pg_stat_activity shows it'] else '{}' end,
      case when v_result ? 'code' then array[v_result ->> 'message'] else '{}' end);
    -- F2: somewhere to put an object that shadows another one.
    v_bad := '{}';
    v_tried := 0;
    for v_schema in select n.name from isolation.schema_facts(model) n union select 'public' where to_regnamespace('public') is not null loop
      v_tried := v_tried + 1;
      v_result := isolation.probe_attempt(v_enter, v_actor.login, v_actor.role, null, null,
        array[format('create function %I.isolation_probe() returns integer language sql as ''select 1''', v_schema.name)]);
      if v_result ->> 'code' is distinct from '42501' then
        v_bad := v_bad || format('created a function in %s', v_schema.name);
      end if;
    end loop;
    v_result := isolation.probe_attempt(v_enter, v_actor.login, v_actor.role, null, null, array['create schema isolation_probe_shadow']);
    if v_result ->> 'code' is distinct from '42501' then
      v_bad := v_bad || 'created a schema'::text;
    end if;
    return query select * from isolation.probe_report(model, 'F2', 'make an object that shadows another', 'role ' || v_actor.role, v_tried, v_bad);
    v_bad := '{}';
    v_tried := 0;
    for v_schema in
      select c.oid::regclass::text as name from pg_class c join isolation.schema_facts(model) n on n.oid = c.relnamespace where c.relkind = 'S'
    loop
      v_tried := v_tried + 1;
      v_result := isolation.probe_attempt(v_enter, v_actor.login, v_actor.role, null, null, array[format('select last_value from %s', v_schema.name)]);
      if v_result ->> 'code' is distinct from '42501' and not isolation.probe_allows(model, v_actor.role, v_schema.name, 'SELECT') then
        v_bad := v_bad || format('read %s', v_schema.name);
      end if;
    end loop;
    if v_tried > 0 then
      return query select * from isolation.probe_report(model, 'C4', 'read a sequence', 'role ' || v_actor.role, v_tried, v_bad);
    end if;
  end loop;
  -- S1: a temporary table outlives the request that made it.
  v_bad := '{}';
  v_tried := 0;
  for v_actor in select * from jsonb_to_recordset(world -> 'actors') as a (role text, login text, kind text) loop
    v_tried := v_tried + 1;
    v_result := isolation.probe_attempt(v_enter, v_actor.login, v_actor.role, null, null, array['create temporary table isolation_probe (a integer)']);
    if v_result ->> 'code' is distinct from '42501' then v_bad := v_bad || v_actor.role; end if;
  end loop;
  return query select * from isolation.probe_report(model, 'S1', 'leave one behind on a pooled connection', 'temporary tables', v_tried, v_bad);
  -- T9: a large object belongs to a database role, not to a tenant: one tenant's session puts it there, another's takes it.
  v_bad := '{}';
  v_tried := 0;
  for v_actor in select * from jsonb_to_recordset(world -> 'actors') as a (role text, login text, kind text) where a.kind in ('request', 'login') loop
    v_tried := v_tried + 1;
    v_result := isolation.probe_attempt(v_enter, v_actor.login, v_actor.role, null, null, array['select lo_from_bytea(0, ''isolation probe'')']);
    if v_result ->> 'code' is distinct from '42501' then v_bad := v_bad || v_actor.role; end if;
  end loop;
  return query select * from isolation.probe_report(model, 'T9', 'make a large object, which every tenant of the role can read', 'large objects', v_tried, v_bad);
  -- T9: somebody else's large object; the owners here may not even make one.
  if v_becomes then
    v_object := lo_from_bytea(0, 'isolation probe');
    v_bad := '{}';
    v_tried := 0;
    for v_actor in select * from jsonb_to_recordset(world -> 'actors') as a (role text, login text, kind text) loop
      v_tried := v_tried + 1;
      v_result := isolation.probe_attempt(v_enter, v_actor.login, v_actor.role, null, null, array[format('select lo_get(%s)', v_object)]);
      if v_result ->> 'code' is distinct from '42501' then v_bad := v_bad || v_actor.role; end if;
    end loop;
    perform lo_unlink(v_object);
    return query select * from isolation.probe_report(model, 'T9', 'read another owner''s large object', 'large objects', v_tried, v_bad);
  end if;
  -- T4: what the owners make tomorrow is nobody's by default.
  for v_schema in
    select n.name, pg_get_userbyid(n.owner) as owner from isolation.schema_facts(model) n
    where exists (select from isolation.relation_facts(model) r where r.object like quote_ident(n.name) || '.%')
      and (v_becomes or n.owner = (select o.oid from pg_roles o where o.rolname = current_user))
  loop
    v_bad := '{}';
    v_tried := 0;
    begin
      if v_becomes then perform set_config('role', v_schema.owner, true); end if;
      execute format('create table %I.isolation_probe_new (a integer)', v_schema.name);
      execute format('create function %I.isolation_probe_new() returns integer language sql as ''select 1''', v_schema.name);
      if v_becomes then perform set_config('role', 'none', true); end if;
      for v_actor in select * from jsonb_to_recordset(world -> 'actors') as a (role text, login text, kind text) loop
        v_tried := v_tried + 1;
        v_result := isolation.probe_attempt(v_enter, v_actor.login, v_actor.role, null, null, array[format('select count(*) from %I.isolation_probe_new', v_schema.name)]);
        if v_result ->> 'code' is distinct from '42501' and not isolation.probe_allows(model, v_actor.role, v_schema.name || '.isolation_probe_new', 'SELECT') then v_bad := v_bad || (v_actor.role || ' reads a new table'); end if;
        v_result := isolation.probe_attempt(v_enter, v_actor.login, v_actor.role, null, null, array[format('select %I.isolation_probe_new()', v_schema.name)]);
        -- By default PUBLIC may; a strict model wants it revoked.
        if v_result ->> 'code' is distinct from '42501' and (model ->> 'strict')::boolean then v_bad := v_bad || (v_actor.role || ' executes a new function'); end if;
      end loop;
      raise exception using errcode = 'ZI900';
    exception
      when sqlstate 'ZI900' then null;
      when others then v_bad := '{}'; v_tried := 0;
    end;
    return query select * from isolation.probe_report(model, 'T4', 'use what its owner makes from now on', 'schema ' || v_schema.name, v_tried, v_bad);
  end loop;
end
$$;
comment on function isolation.probe_roles(jsonb, jsonb) is 'Probes what every role can become and make.';
revoke all on function isolation.probe_roles(jsonb, jsonb) from public;
