-- C3 and C4: what EXPLAIN and the statistics tell. Postgres cannot close these to a role that sends SQL; they are probed so that the
-- baseline accepts them knowingly.
create or replace function isolation.probe_planner(model jsonb, world jsonb)
returns table (id text, title text, verdict text, detail text)
language plpgsql volatile
set search_path to pg_catalog, pg_temp
as $$
declare
  -- All that an attempt needs: the world itself is long, and is passed thousands of times.
  v_enter jsonb := jsonb_build_object('enter', world -> 'enter');
  v_table record;
  v_actor record;
  v_result jsonb;
  v_bad text[] := '{}';
  v_volume text[] := '{}';
  v_tried integer := 0;
  v_removed bigint;
begin
  for v_actor in select * from jsonb_to_recordset(world -> 'actors') as a (role text, login text, kind text) loop
    for v_table in select r.* from isolation.relation_facts(model) r where r.class = 'tenant' and has_any_column_privilege(v_actor.role, r.oid, 'select') loop
      v_tried := v_tried + 1;
      v_result := isolation.probe_attempt(v_enter, v_actor.login, v_actor.role, world -> 'tenants' ->> 'a', 'live',
        array['set local enable_indexscan = off', 'set local enable_bitmapscan = off', 'set local enable_indexonlyscan = off', format('explain (analyze, format json) select count(*) from %s', v_table.object)]);
      select sum(m[1]::bigint) into v_removed from regexp_matches(v_result ->> 'value', '"Rows Removed by Filter": ([0-9]+)', 'g') m;
      if v_removed > 0 then
        v_bad := v_bad || format('EXPLAIN ANALYZE tells %s that rows of others were passed over in %s', v_actor.role, v_table.object);
      end if;
    end loop;
    v_result := isolation.probe_attempt(v_enter, v_actor.login, v_actor.role, null, null, array['select count(*) from pg_class c where c.reltuples >= 0 and c.relkind = ''r''']);
    if (v_result ->> 'value')::bigint > 0 then v_volume := v_volume || v_actor.role; end if;
  end loop;
  if v_tried > 0 then
    return query select 'C3 EXPLAIN'::text, r.title, r.verdict, r.detail from isolation.probe_report(model, 'C3', 'rows that EXPLAIN ANALYZE counts', 'EXPLAIN', v_tried, v_bad) r;
  end if;
  return query select 'C4 pg_class.reltuples'::text, r.title, r.verdict, r.detail from isolation.probe_report(model, 'C4', 'read how many rows tables hold', 'pg_class.reltuples', cardinality(v_volume), v_volume) r;
end
$$;
comment on function isolation.probe_planner(jsonb, jsonb) is 'Probes what EXPLAIN and statistics tell of other tenants.';
revoke all on function isolation.probe_planner(jsonb, jsonb) from public;
