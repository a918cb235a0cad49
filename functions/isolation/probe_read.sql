-- T1, T2, P1, P3, P5, P6, P10, A2, S2: what each role reads of every table. In tenant A's context it may count A's rows and no more;
-- without a context, or with a dead or made-up one, none.
create or replace function isolation.probe_read(model jsonb, world jsonb, only_tables text[] default null)
returns table (id text, title text, verdict text, detail text)
language plpgsql volatile
set search_path to pg_catalog, pg_temp
as $$
declare
  -- All that an attempt needs: the world itself is long, and is passed thousands of times.
  v_enter jsonb := jsonb_build_object('enter', world -> 'enter');
  v_actor record;
  v_table record;
  v_result jsonb;
  v_own jsonb := '{}';
  v_count bigint;
  v_bad jsonb := '{}';
  v_unsure jsonb := '{}';
  v_readable text[];
  v_query text;
  v_state record;
  v_seen boolean;
  v_key text;
  v_tried integer;
  v_forged text[];
  v_value text;
begin
  select coalesce(array_agg(distinct s), '{}') into v_forged from (
    select jsonb_array_elements_text(coalesce(model -> 'context' -> 'settings', '[]'))
    union
    -- Any other setting of the application's own that some function or policy reads.
    select m[1] from isolation.function_facts(model) f, regexp_matches(f.body, 'current_setting\(''([a-z_]+\.[a-z_.]+)''', 'g') m where f.body not like '%probe_%'
    union
    select m[1] from isolation.policy_facts(model) p, regexp_matches(concat(p.using_text, p.check_text), 'current_setting\(''([a-z_]+\.[a-z_.]+)''', 'g') m
  ) as x (s);
  for v_table in select * from isolation.relation_facts(model) r where only_tables is null or r.object = any (only_tables) loop
    if v_table.class = 'tenant' then
      execute format('select count(*) from (select 1 from %s where %I::text = $1 limit 1001) x', v_table.object, v_table.tenant_column)
        into v_count using world -> 'tenants' ->> 'a';
      v_own := v_own || jsonb_build_object(v_table.object, v_count);
    else
      v_own := v_own || jsonb_build_object(v_table.object, 0);
    end if;
  end loop;
  for v_actor in select * from jsonb_to_recordset(world -> 'actors') as a (role text, login text, kind text) loop
    v_readable := '{}';
    v_seen := false;
    for v_table in select * from isolation.relation_facts(model) r where only_tables is null or r.object = any (only_tables) loop
      v_result := isolation.probe_attempt(v_enter, v_actor.login, v_actor.role,
        case when has_any_column_privilege(v_actor.role, v_table.oid, 'select') then world -> 'tenants' ->> 'a' end, 'live',
        array[format('select count(*) from (select 1 from %s limit 1001) x', v_table.object)]);
      if v_result ? 'code' then
        if v_result ->> 'code' <> '42501' then
          v_unsure := v_unsure || jsonb_build_object('live' || v_table.object, coalesce(v_unsure -> ('live' || v_table.object), '[]') || to_jsonb(v_actor.role || ': ' || (v_result ->> 'code')));
        end if;
        continue;
      end if;
      v_readable := v_readable || v_table.object;
      v_count := (v_result ->> 'value')::bigint;
      v_seen := v_seen or (v_table.class = 'tenant' and v_count > 0);
      if v_count > (v_own ->> v_table.object)::bigint and v_table.class <> 'reference' and not isolation.probe_allows(model, v_actor.role, v_table.object, 'SELECT') then
        v_bad := v_bad || jsonb_build_object('live' || v_table.object, coalesce(v_bad -> ('live' || v_table.object), '[]')
          || to_jsonb(format('%s saw %s rows where %s are its tenant''s', v_actor.role, v_count, v_own ->> v_table.object)));
      end if;
      continue when v_table.class <> 'tenant';
      -- S2: a dump, or a client that sets row_security off, must fail, never be served a part.
      v_result := isolation.probe_attempt(v_enter, v_actor.login, v_actor.role, world -> 'tenants' ->> 'a', 'live',
        array['set local row_security = off', format('select count(*) from (select 1 from %s limit 1001) x', v_table.object)]);
      if v_result ->> 'code' is distinct from '42501' and not isolation.probe_allows(model, v_actor.role, v_table.object, 'SELECT') then
        v_bad := v_bad || jsonb_build_object('off' || v_table.object, coalesce(v_bad -> ('off' || v_table.object), '[]') || to_jsonb(v_actor.role || ' was answered'));
      end if;
    end loop;
    select array_agg(o) into v_readable from unnest(v_readable) o join isolation.relation_facts(model) r on r.object = o
      where r.class <> 'reference' and not isolation.probe_allows(model, v_actor.role, o, 'SELECT');
    continue when v_readable is null;
    if only_tables is not null or not exists (
      select from isolation.relation_facts(model) r where r.class = 'tenant' and r.object = any (v_readable)
    ) then
      null;
    elsif not v_seen then
      return query select * from isolation.probe_report(model, 'P0', 'sees its own rows (control)', 'role ' || v_actor.role, 1, '{}', array['the role sees no row of its own tenant, so what it does not see of another''s proves nothing']);
    else
      return query select * from isolation.probe_report(model, 'P0', 'sees its own rows (control)', 'role ' || v_actor.role, 1, '{}');
    end if;
    select format('select coalesce(jsonb_object_agg(t, n) filter (where n > 0), ''{}'')::text from (%s) q', string_agg(format('select %L as t, (select count(*) from (select 1 from %s limit 1001) x) as n', o, o), ' union all '))
      into v_query from unnest(v_readable) o;
    for v_state in
      select 'P5' as check_id, 'with no context' as what, null::text as tenant, null::text as state, array[v_query] as steps
      union all
      select 'P5', 'with a context that is ' || s, world -> 'tenants' ->> 'b', s, array[v_query] from unnest(array['expired', 'revoked', 'suspended']) s
      where (world -> 'enter')::text like '%$3%'
      union all
      select case when g in ('%', '_', '*') then 'P10' else 'P5' end, 'with a made-up context', null, null, array[format('select set_config(%L, %L, true)', f, g), v_query]
      from unnest(v_forged) f, unnest(array['', ' ', 'garbage', '*', '%', '_', 'null', '0', '{}', gen_random_uuid()::text]) g
      union all
      -- P6: another tenant's id, and everything else that is stored about it, given as the context.
      select 'P6', 'with another tenant''s id as context', null, null, array[format('select set_config(%L, %L, true)', f, v), v_query]
      from unnest(v_forged) f, (
        select world -> 'tenants' ->> 'b' as v
        union
        select case when e.value ~ '^\\x' then substr(e.value, 3) else e.value end from jsonb_each(world -> 'rows') o, jsonb_each_text(o.value -> 'b') e
        where o.key in (select r.object from isolation.relation_facts(model) r where r.class = 'private' and r.object not like 'queue%') and length(e.value) between 16 and 100
      ) x
    loop
      v_result := isolation.probe_attempt(v_enter, v_actor.login, v_actor.role, v_state.tenant, v_state.state, v_state.steps);
      continue when v_result ? 'code' or v_result ->> 'value' = '{}';
      for v_key in select k from jsonb_object_keys((v_result ->> 'value')::jsonb) k loop
        v_value := format('%s saw %s rows %s', v_actor.role, (v_result ->> 'value')::jsonb ->> v_key, v_state.what);
        continue when coalesce(v_bad -> (v_state.check_id || v_key) ? v_value, false);
        v_bad := v_bad || jsonb_build_object(v_state.check_id || v_key, coalesce(v_bad -> (v_state.check_id || v_key), '[]') || to_jsonb(v_value));
      end loop;
    end loop;
  end loop;
  select count(*) into v_tried from jsonb_to_recordset(world -> 'actors') as a (role text, login text, kind text);
  for v_table in select * from isolation.relation_facts(model) r where only_tables is null or r.object = any (only_tables) loop
    return query select * from isolation.probe_report(model, case when v_table.object = model -> 'audit' ->> 'table' then 'A2' when v_table.is_child then 'T2' else 'P1' end,
      'read of other tenants'' rows', v_table.object, v_tried,
      array(select jsonb_array_elements_text(v_bad -> ('live' || v_table.object))),
      case when v_table.class = 'tenant' and not v_table.is_child and not coalesce(world -> 'rows' -> v_table.object ?& array['a', 'b'], false)
        then array['its rows could not be seeded: ' || coalesce(world -> 'problems' ->> v_table.object, 'a table that it refers to could not, see ' || coalesce((select string_agg(k, ', ') from jsonb_object_keys(world -> 'problems') k), 'none'))]
        else array(select jsonb_array_elements_text(v_unsure -> ('live' || v_table.object))) end);
    continue when v_table.class = 'reference';
    return query select * from isolation.probe_report(model, 'S2', 'read with row_security off', v_table.object, v_tried, array(select jsonb_array_elements_text(v_bad -> ('off' || v_table.object))));
    return query select * from isolation.probe_report(model, 'P5', 'read without a live context', v_table.object, v_tried, array(select jsonb_array_elements_text(v_bad -> ('P5' || v_table.object))));
    return query select * from isolation.probe_report(model, 'P10', 'read with a wildcard as context', v_table.object, v_tried, array(select jsonb_array_elements_text(v_bad -> ('P10' || v_table.object))));
    if not coalesce((model -> 'context' ->> 'forgeable')::boolean, false) then
      return query select * from isolation.probe_report(model, 'P6', 'read with a forged context', v_table.object, v_tried, array(select jsonb_array_elements_text(v_bad -> ('P6' || v_table.object))));
    end if;
  end loop;
end
$$;
comment on function isolation.probe_read(jsonb, jsonb, text[]) is 'Probes what every role reads of every table, in every kind of context.';
revoke all on function isolation.probe_read(jsonb, jsonb, text[]) from public;
