-- F2: somebody got hold of a place to make objects (a schema, pg_temp), and makes one for every name that a definer function uses without its
-- schema: functions, operators, tables, views. Then each definer function is called as its callers call it, with their own ids and with
-- the shadows first in the caller's search_path. A shadow that is used says so by an error of its own.
create or replace function isolation.probe_shadows(model jsonb, world jsonb, only_functions text[] default null)
returns table (id text, title text, verdict text, detail text)
language plpgsql volatile
set search_path to pg_catalog, pg_temp
as $$
declare
  -- All that an attempt needs: the world itself is long, and is passed thousands of times.
  v_enter jsonb := jsonb_build_object('enter', world -> 'enter');
  v_function record;
  v_actor record;
  v_shadow record;
  v_result jsonb;
  v_results jsonb := '[]';
  v_bad text[];
  v_tried integer;
  v_made integer := 0;
  v_words text[];
begin
  begin
    create schema isolation_shadow;
    grant usage on schema isolation_shadow to public;
    create function isolation_shadow.seen(what text) returns boolean language plpgsql volatile as
      'begin raise exception using errcode = ''ZI902'', message = what; end';
    -- Words of the bodies that stand without a schema before them.
    select array(
      select distinct lower(w[1]) from isolation.function_facts(model) f, regexp_matches(f.body, '(?<![.\w"])([a-z_][a-z0-9_$]*)', 'gi') w
      where f.is_definer and not f.is_atomic
    ) into v_words;
    for v_shadow in
      select p.oid, p.proname, pg_get_function_arguments(p.oid) as arguments, pg_get_function_identity_arguments(p.oid) as identity, pg_get_function_result(p.oid) as result
      from pg_proc p
      where p.pronamespace = 'pg_catalog'::regnamespace and p.prokind = 'f' and p.proname = any (v_words) and p.provariadic = 0 and not p.proretset
        and not exists (select from pg_type t where t.oid = p.prorettype and t.typtype = 'p')
        and not exists (select from unnest(p.proargtypes::oid[]) a (oid) join pg_type t on t.oid = a.oid where t.typtype = 'p')
        and p.proname <> 'set_config'
    loop
      execute format('create function isolation_shadow.%I(%s) returns %s language plpgsql volatile as %L', v_shadow.proname, v_shadow.identity, v_shadow.result,
        format('begin perform isolation_shadow.seen(%L); return null; end', 'the function ' || v_shadow.proname));
      v_made := v_made + 1;
    end loop;
    for v_shadow in
      select o.oprname, o.oprleft::regtype::text as l, o.oprright::regtype::text as r, o.oprresult::regtype::text as result, row_number() over () as place
      from pg_operator o
      where o.oprnamespace = 'pg_catalog'::regnamespace and o.oprleft <> 0 and o.oprname in ('=', '<>', '<', '>', '<=', '>=', '||', '+', '-', '->', '->>')
        and o.oprleft in ('uuid'::regtype, 'text'::regtype, 'int4'::regtype, 'int8'::regtype, 'timestamptz'::regtype, 'bool'::regtype, 'bytea'::regtype, 'jsonb'::regtype, 'name'::regtype)
        and o.oprright in ('uuid'::regtype, 'text'::regtype, 'int4'::regtype, 'int8'::regtype, 'timestamptz'::regtype, 'bool'::regtype, 'bytea'::regtype, 'jsonb'::regtype, 'interval'::regtype)
    loop
      execute format('create function isolation_shadow.operator_%s(%s, %s) returns %s language plpgsql volatile as %L', v_shadow.place, v_shadow.l, v_shadow.r, v_shadow.result,
        format('begin perform isolation_shadow.seen(%L); return null; end', 'the operator ' || v_shadow.oprname));
      execute format('create operator isolation_shadow.%s (leftarg = %s, rightarg = %s, function = isolation_shadow.operator_%s)', v_shadow.oprname, v_shadow.l, v_shadow.r, v_shadow.place);
      v_made := v_made + 1;
    end loop;
    -- Tables come last of all in most paths and first in those that leave pg_temp out: once in each place.
    for v_shadow in
      select distinct on (c.relname) c.relname, c.oid::regclass::text as name from pg_class c
      where c.relname = any (v_words) and c.relkind in ('r', 'p', 'v')
        and (c.relnamespace = 'pg_catalog'::regnamespace or c.relnamespace in (select n.oid from isolation.schema_facts(model) n))
      order by c.relname, c.relnamespace = 'pg_catalog'::regnamespace
    loop
      execute format('create view isolation_shadow.%I as select x.* from %s x where isolation_shadow.seen(%L)', v_shadow.relname, v_shadow.name, 'the table ' || v_shadow.relname);
      execute format('grant all on isolation_shadow.%I to public', v_shadow.relname);
      execute format('create temporary view %I as select x.* from %s x where isolation_shadow.seen(%L)', v_shadow.relname, v_shadow.name, 'the temporary table ' || v_shadow.relname);
      execute format('grant all on pg_temp.%I to public', v_shadow.relname);
      v_made := v_made + 2;
    end loop;
    for v_function in
      select f.oid, f.object, f.executors, p.prokind
      from isolation.function_facts(model) f join pg_proc p on p.oid = f.oid
      where f.is_definer and not f.is_atomic and not f.is_trigger and f.executors <> '{}' and p.prokind in ('f', 'p') and f.object not like 'isolation.%'
        and (only_functions is null or f.object = any (only_functions))
    loop
      v_bad := '{}';
      v_tried := 0;
      for v_actor in
        select * from jsonb_to_recordset(world -> 'actors') as a (role text, login text, kind text)
        where a.role = any (v_function.executors) or ('PUBLIC' = any (v_function.executors) and a.kind = 'request')
      loop
        v_tried := v_tried + 1;
        v_result := isolation.probe_attempt(v_enter, v_actor.login, v_actor.role, world -> 'tenants' ->> 'a', 'live', array[
          'set local lock_timeout = ''2s''',
          'set local search_path to isolation_shadow, pg_temp, pg_catalog',
          format(case v_function.prokind when 'p' then 'call %s(%s)' else 'select from %s(%s)' end, split_part(v_function.object, '(', 1),
            array_to_string(isolation.probe_arguments(world, v_function.oid, 'a'), ', '))]);
        if v_result ->> 'code' = 'ZI902' then
          v_bad := v_bad || format('%s made it use %s', v_actor.role, v_result ->> 'message');
        end if;
      end loop;
      continue when v_tried = 0;
      v_results := v_results || (select jsonb_agg(to_jsonb(p)) from isolation.probe_report(model, 'F2', 'shadow a name that it uses', v_function.object, v_tried, v_bad) p);
    end loop;
    raise exception using errcode = 'ZI900', message = v_made::text;
  exception
    when sqlstate 'ZI900' then null;
  end;
  return query select r.id, r.title, r.verdict, r.detail from jsonb_to_recordset(v_results) as r (id text, title text, verdict text, detail text);
end
$$;
comment on function isolation.probe_shadows(jsonb, jsonb, text[]) is 'Shadows every name that definer functions use, and calls them.';
revoke all on function isolation.probe_shadows(jsonb, jsonb, text[]) from public;
