-- T5, T6, P9: what a role sees through views, materialized views and foreign tables must not depend on another tenant's rows at all:
-- it is asked twice, with those rows and without. And a cheap function in a query's WHERE must never be shown a row that the caller
-- may not see: it writes down what it is shown.
create or replace function isolation.probe_views(model jsonb, world jsonb, only_views text[] default null)
returns table (id text, title text, verdict text, detail text)
language plpgsql volatile
set search_path to pg_catalog, pg_temp
as $$
declare
  -- All that an attempt needs: the world itself is long, and is passed thousands of times.
  v_enter jsonb := jsonb_build_object('enter', world -> 'enter');
  v_view record;
  v_actor record;
  v_with jsonb;
  v_without jsonb;
  v_hashes jsonb;
  v_gone jsonb := '[]';
  v_other text := world -> 'tenants' ->> 'b';
  v_bad text[];
  v_shown text[];
  v_tried integer;
begin
  begin
    create schema isolation_probe;
    create function isolation_probe.spy(value text) returns boolean language plpgsql volatile cost 0.0001 as
      'begin perform set_config(''isolation.seen'', concat(current_setting(''isolation.seen'', true), '' '', value), false); return true; end';
    grant usage on schema isolation_probe to public;
    grant execute on function isolation_probe.spy(text) to public;
    select '["set local session_replication_role = replica"]'::jsonb || jsonb_agg(format('delete from %s where %I::text = %L', r.object, r.tenant_column, v_other)) || '["set local session_replication_role = origin"]'
      into v_gone from isolation.relation_facts(model) r where r.class = 'tenant' and not r.is_child;
    for v_view in
      select quote_ident(n.name) || '.' || quote_ident(c.relname) as object, c.oid, c.relkind, null::text as tenant_column
      from pg_class c join isolation.schema_facts(model) n on n.oid = c.relnamespace where c.relkind in ('v', 'm', 'f')
        and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
        and (only_views is null or quote_ident(n.name) || '.' || quote_ident(c.relname) = any (only_views))
      union all
      select r.object, r.oid, r.relkind::"char", r.tenant_column from isolation.relation_facts(model) r where r.class = 'tenant' and (only_views is null or r.object = any (only_views))
    loop
      v_bad := '{}';
      v_shown := '{}';
      v_tried := 0;
      for v_actor in select * from jsonb_to_recordset(world -> 'actors') as a (role text, login text, kind text) loop
        v_tried := v_tried + 1;
        continue when not has_any_column_privilege(v_actor.role, v_view.oid, 'select') or isolation.probe_allows(model, v_actor.role, v_view.object, 'SELECT');
        if v_view.relkind in ('v', 'f') then
          v_with := isolation.probe_attempt(v_enter, v_actor.login, v_actor.role, world -> 'tenants' ->> 'a', 'live',
            array[format('select concat(count(*), md5(string_agg(x::text, '','' order by x::text))) from (select %s from %s) x', isolation.probe_columns(v_actor.role, v_view.oid), v_view.object)]);
          v_without := isolation.probe_attempt(v_enter || jsonb_build_object('enter', (world -> 'enter') || v_gone), v_actor.login, v_actor.role, world -> 'tenants' ->> 'a', 'live',
            array[format('select concat(count(*), md5(string_agg(x::text, '','' order by x::text))) from (select %s from %s) x', isolation.probe_columns(v_actor.role, v_view.oid), v_view.object)]);
          if v_with ->> 'value' is distinct from v_without ->> 'value' or v_with ->> 'code' is distinct from v_without ->> 'code' then
            v_bad := v_bad || (v_actor.role || ' sees something else once the other tenant''s rows are gone');
          end if;
        elsif v_view.relkind = 'm' then
          v_with := isolation.probe_attempt(v_enter, v_actor.login, v_actor.role, world -> 'tenants' ->> 'a', 'live', array[format('select count(*) from %s', v_view.object)]);
          if not v_with ? 'code' then
            v_bad := v_bad || (v_actor.role || ' reads it, and row-level security does not reach it');
          end if;
        end if;
        continue when v_view.relkind = 'f';
        v_with := isolation.probe_attempt(v_enter, v_actor.login, v_actor.role, world -> 'tenants' ->> 'a', 'live',
          array['select set_config(''isolation.seen'', '''', false)',
            format('select count(*) from %s x where isolation_probe.spy(concat_ws('' '', %s))', v_view.object, isolation.probe_columns(v_actor.role, v_view.oid)),
            'select current_setting(''isolation.seen'', true)']);
        if position(v_other in coalesce(v_with ->> 'value', '')) > 0 or position(world -> 'markers' ->> 'b' in coalesce(v_with ->> 'value', '')) > 0 then
          v_shown := v_shown || v_actor.role;
        end if;
      end loop;
      if v_view.relkind in ('v', 'f', 'm') then
        return query select * from isolation.probe_report(model, case v_view.relkind when 'v' then 'T5' else 'T6' end, 'depends on another tenant''s rows', v_view.object, v_tried, v_bad);
      end if;
      return query select * from isolation.probe_report(model, 'P9', 'show hidden rows to a function in WHERE', v_view.object, v_tried, v_shown);
    end loop;
    raise exception using errcode = 'ZI900';
  exception when sqlstate 'ZI900' then null;
  end;
  -- Writing through a view that runs as its owner. To be refused only once the row was
  -- reached, by a key or by the audit log's own policy, is to have reached it.
  for v_view in
    select quote_ident(n.name) || '.' || quote_ident(c.relname) as object, c.oid, u.tenant_column from pg_class c
    join isolation.schema_facts(model) n on n.oid = c.relnamespace
    cross join lateral (
      select a.attname::text as tenant_column from pg_attribute a where a.attrelid = c.oid and a.attnum > 0
        and a.attname in (select r.tenant_column from isolation.relation_facts(model) r where r.class = 'tenant')
      order by (model -> 'tenant' -> 'columns' ? a.attname) desc, a.attname limit 1
    ) u
    where c.relkind = 'v' and (only_views is null or quote_ident(n.name) || '.' || quote_ident(c.relname) = any (only_views))
  loop
    v_bad := '{}';
    v_tried := 0;
    for v_actor in select * from jsonb_to_recordset(world -> 'actors') as a (role text, login text, kind text) loop
      v_tried := v_tried + 1;
      v_with := isolation.probe_attempt(v_enter || jsonb_build_object('enter', (world -> 'enter') || jsonb_build_array()), v_actor.login, v_actor.role, case when has_table_privilege(v_actor.role, v_view.oid, 'delete') then world -> 'tenants' ->> 'a' end, 'live',
        array[format('delete from %s where %I::text = %L', v_view.object, v_view.tenant_column, v_other)]);
      if coalesce((v_with ->> 'rows')::bigint, 0) > 0 or v_with ->> 'code' like '23%' or v_with ->> 'message' like '%row-level security%' then
        v_bad := v_bad || (v_actor.role || ' deletes through it');
      end if;
      v_with := isolation.probe_attempt(v_enter, v_actor.login, v_actor.role, case when has_any_column_privilege(v_actor.role, v_view.oid, 'update') then world -> 'tenants' ->> 'a' end, 'live',
        array[format('update %s set %I = %I where %I::text = %L', v_view.object, v_view.tenant_column, v_view.tenant_column, v_view.tenant_column, v_other)]);
      if coalesce((v_with ->> 'rows')::bigint, 0) > 0 or v_with ->> 'code' like '23%' or v_with ->> 'message' like '%row-level security%' then
        v_bad := v_bad || (v_actor.role || ' updates through it');
      end if;
    end loop;
    return query select * from isolation.probe_report(model, 'T5', 'write through it into another tenant', v_view.object, v_tried, v_bad);
  end loop;
end
$$;
comment on function isolation.probe_views(jsonb, jsonb, text[]) is 'Probes views, and what queries show to functions.';
revoke all on function isolation.probe_views(jsonb, jsonb, text[]) from public;
