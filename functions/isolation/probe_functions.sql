-- F1 and F3: every function that a role may execute, called in tenant A's context with tenant B's ids. B's rows must be unchanged,
-- nothing of B may come back, the answer must be the same as for ids that are nobody's, and the context must be what it was.
create or replace function isolation.probe_functions(model jsonb, world jsonb, only_functions text[] default null)
returns table (id text, title text, verdict text, detail text)
language plpgsql volatile
set search_path to pg_catalog, pg_temp
as $$
declare
  -- All that an attempt needs: the world itself is long, and is passed thousands of times.
  v_enter jsonb := jsonb_build_object('enter', world -> 'enter');
  v_function record;
  v_actor record;
  v_print text := format('select isolation.probe_look(%L, %L, %L)', v_enter, world -> 'tenants' ->> 'b', isolation.probe_fingerprint(model, world -> 'tenants' ->> 'b'));
  v_before text;
  v_context text;
  v_theirs text[];
  v_nobodys text[];
  v_call text;
  v_result jsonb;
  v_other jsonb;
  v_after jsonb;
  v_bad text[];
  v_changed text[];
  v_tried integer;
  v_told text;
  v_name text;
  v_markers text[] := array(
    -- What only B's rows hold: its random word, and its rows' ids.
    select distinct m from (
      select world -> 'markers' ->> 'b' as m
      union select c.value from jsonb_each(world -> 'rows') o, jsonb_each_text(o.value -> 'b') c
      where c.value ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' and o.value -> 'a' ->> c.key is distinct from c.value
    ) x);
begin
  execute v_print into v_before;
  select 'select jsonb_build_object(''context'', concat_ws(''|'', current_setting(''role''), session_user, ' || string_agg(format('md5(current_setting(%L, true))', s), ', ') || '))::text'
    into v_context from jsonb_array_elements_text(coalesce(model -> 'context' -> 'settings', '["role"]')) s;
  for v_function in
    select f.oid, f.object, f.executors, p.prokind, p.provolatile
    from isolation.function_facts(model) f join pg_proc p on p.oid = f.oid
    where not f.is_trigger and f.executors <> '{}' and p.prokind in ('f', 'p') and f.object not like 'isolation.%'
      and (only_functions is null or f.object = any (only_functions))
  loop
    v_bad := '{}';
    v_changed := '{}';
    v_tried := 0;
    v_theirs := isolation.probe_arguments(world, v_function.oid, 'b');
    v_nobodys := isolation.probe_arguments(world, v_function.oid, 'none');
    for v_actor in
      select * from jsonb_to_recordset(world -> 'actors') as a (role text, login text, kind text) where a.role = any (v_function.executors) or ('PUBLIC' = any (v_function.executors) and a.kind = 'request')
    loop
      v_tried := v_tried + 1;
      v_call := case v_function.prokind
        when 'p' then format('call %s', split_part(v_function.object, '(', 1)) || '(%s)'
        else format('select string_agg(to_jsonb(r)::text, E''\n'') from %s', split_part(v_function.object, '(', 1)) || '(%s) r' end;
      v_result := isolation.probe_attempt(v_enter, v_actor.login, v_actor.role, world -> 'tenants' ->> 'a', 'live',
        array['set local lock_timeout = ''2s''', v_context, format(v_call, array_to_string(v_theirs, ', '))],
        -- Postgres itself keeps the others from writing.
        case when v_function.provolatile = 'v' then v_print end);
      if v_function.provolatile = 'v' and v_result ->> 'after' is distinct from v_before and not v_result ? 'code' then
        v_bad := v_bad || (v_actor.role || ' changed the other tenant''s rows');
      end if;
      select string_agg(m, ' ') into v_told from unnest(v_markers) m
      where position(m in coalesce(v_result ->> 'value', '') || coalesce(v_result ->> 'message', '')) > 0 and position(m in array_to_string(v_theirs, ' ')) = 0;
      if v_told is not null then
        v_bad := v_bad || (v_actor.role || ' was told what is the other tenant''s');
      end if;
      v_other := isolation.probe_attempt(v_enter, v_actor.login, v_actor.role, world -> 'tenants' ->> 'a', 'live',
        array['set local lock_timeout = ''2s''', format(v_call, array_to_string(v_nobodys, ', '))]);
      -- An answer that differs for an id that exists and one that does not tells that it exists.
      if concat(v_result ->> 'code', v_result ->> 'constraint') is distinct from concat(v_other ->> 'code', v_other ->> 'constraint')
        or (length(v_result ->> 'value') < 12 and v_result ->> 'value' is distinct from v_other ->> 'value')
        or (v_result ->> 'value' is null) <> (v_other ->> 'value' is null)
      then
        v_bad := v_bad || format('%s can tell another tenant''s id from nobody''s: %s against %s', v_actor.role,
          coalesce(v_result ->> 'code', left(v_result ->> 'value', 12), 'nothing'), coalesce(v_other ->> 'code', left(v_other ->> 'value', 12), 'nothing'));
      end if;
      -- F3: who and where the session is afterwards.
      v_after := isolation.probe_attempt(v_enter, v_actor.login, v_actor.role, null, null, array[v_context]);
      v_other := isolation.probe_attempt(v_enter, v_actor.login, v_actor.role, null, null, array[format(v_call, array_to_string(v_theirs, ', ')), v_context]);
      if not v_other ? 'code' and v_other ->> 'value' is distinct from v_after ->> 'value' then
        v_changed := v_changed || (v_actor.role || ' came back with another context');
      end if;
      v_after := isolation.probe_attempt(v_enter, v_actor.login, v_actor.role, null, null, array[
        'select set_config(s, ''isolation probe'', true) from unnest(array[' || coalesce((select string_agg(quote_literal(s), ', ') from jsonb_array_elements_text(model -> 'context' -> 'settings') s), '''isolation.probe''') || ']) s',
        format(v_call, array_to_string(v_theirs, ', ')),
        'select bool_and(current_setting(s, true) = ''isolation probe'')::text from unnest(array[' || coalesce((select string_agg(quote_literal(s), ', ') from jsonb_array_elements_text(model -> 'context' -> 'settings') s), '''isolation.probe''') || ']) s']);
      if v_after ->> 'value' = 'false' then
        v_changed := v_changed || (v_actor.role || ' came back with another context');
      end if;
    end loop;
    continue when v_tried = 0;
    v_name := split_part(v_function.object, '(', 1);
    v_told := case
      when v_bad = '{}' then null
      when world -> 'capabilities' ? v_name then world -> 'capabilities' ->> v_name
      -- Meant for all rows: by every role that could.
      when not exists (
        select from unnest(v_bad) b where not isolation.probe_allows(model, split_part(b, ' ', 1), v_name, 'EXECUTE')
      ) then 'the model means it to work across tenants'
    end;
    if v_told is not null then
      return query select * from isolation.probe_report(model, 'F1', 'call with another tenant''s ids', v_function.object, v_tried, '{}');
    else
      return query select * from isolation.probe_report(model, 'F1', 'call with another tenant''s ids', v_function.object, v_tried, v_bad);
    end if;
    return query select * from isolation.probe_report(model, 'F3', 'context before and after a call', v_function.object, v_tried, v_changed);
  end loop;
end
$$;
comment on function isolation.probe_functions(jsonb, jsonb, text[]) is 'Calls every exposed function with another tenant''s ids.';
revoke all on function isolation.probe_functions(jsonb, jsonb, text[]) from public;
