-- P1: what an API asks when it is handed another tenant's node id or cursor. A node is looked up by a whole key, so every unique key is asked
-- for the other tenant's row; a cursor is a place in the key's order, so what stands after and before it must be the caller's own alone.
create or replace function isolation.probe_nodes(model jsonb, world jsonb, only_tables text[] default null)
returns table (id text, title text, verdict text, detail text)
language plpgsql volatile
set search_path to pg_catalog, pg_temp
as $$
declare
  -- All that an attempt needs: the world itself is long, and is passed thousands of times.
  v_enter jsonb := jsonb_build_object('enter', world -> 'enter');
  v_table record;
  v_actor record;
  v_key record;
  v_result jsonb;
  v_other text;
  v_query text;
  v_nodes text[];
  v_cursors text[];
  v_nodes_tried integer;
  v_cursors_tried integer;
begin
  for v_table in select r.* from isolation.relation_facts(model) r where r.class = 'tenant' and (only_tables is null or r.object = any (only_tables)) loop
    continue when not coalesce(world -> 'rows' -> v_table.object ? 'b', false);
    v_other := format('jsonb_populate_record(null::%s, %L)', v_table.object, world -> 'rows' -> v_table.object -> 'b');
    v_nodes := '{}';
    v_cursors := '{}';
    v_nodes_tried := 0;
    v_cursors_tried := 0;
    for v_actor in
      select * from jsonb_to_recordset(world -> 'actors') as a (role text, login text, kind text)
      where has_any_column_privilege(a.role, v_table.oid, 'select') and not isolation.probe_allows(model, a.role, v_table.object, 'SELECT')
    loop
      for v_key in
        select i.relname::text as name, array(
          select quote_ident(a.attname) from unnest(x.indkey::smallint[]) with ordinality as k (attnum, place)
          join pg_attribute a on a.attrelid = x.indrelid and a.attnum = k.attnum order by k.place
        ) as columns
        from pg_index x join pg_class i on i.oid = x.indexrelid
        where x.indrelid = v_table.oid and x.indisunique and x.indexprs is null and x.indpred is null
          and not exists (select from unnest(x.indkey::smallint[]) k (attnum) where not has_column_privilege(v_actor.role, v_table.oid, k.attnum, 'select'))
      loop
        v_nodes_tried := v_nodes_tried + 1;
        v_result := isolation.probe_attempt(v_enter, v_actor.login, v_actor.role, world -> 'tenants' ->> 'a', 'live', array[
          format('select count(*) from %s x, %s y where (%s) = (%s)', v_table.object, v_other,
            (select string_agg('x.' || c, ', ') from unnest(v_key.columns) c), (select string_agg('y.' || c, ', ') from unnest(v_key.columns) c))]);
        if coalesce(v_result ->> 'value', 'an error') <> '0' then
          v_nodes := v_nodes || format('%s by %s: %s', v_actor.role, v_key.name, coalesce(v_result ->> 'code', v_result ->> 'value' || ' rows'));
        end if;
        continue when not has_column_privilege(v_actor.role, v_table.oid, v_table.tenant_attnum, 'select');
        v_cursors_tried := v_cursors_tried + 1;
        select format('select sum(n) from (%s) q', string_agg(format(
            'select count(*) as n from (select x.* from (select %2$s from %1$s) x, %3$s y where row(%4$s) %6$s row(%5$s) order by %7$s limit 1001) z where z.%8$I::text <> %9$L',
            v_table.object, isolation.probe_columns(v_actor.role, v_table.oid), v_other, h.ours, h.theirs, d.operator, h.ours || d.direction, v_table.tenant_column,
            world -> 'tenants' ->> 'a'), ' union all ')) into v_query
        from (select string_agg('x.' || c, ', ') as ours, string_agg('y.' || c, ', ') as theirs from unnest(v_key.columns) c) h,
          (values ('>=', ''), ('<=', ' desc')) as d (operator, direction);
        v_result := isolation.probe_attempt(v_enter, v_actor.login, v_actor.role, world -> 'tenants' ->> 'a', 'live', array[v_query]);
        if coalesce(v_result ->> 'value', 'an error') <> '0' then
          v_cursors := v_cursors || format('%s by %s: %s', v_actor.role, v_key.name, coalesce(v_result ->> 'code', v_result ->> 'value' || ' rows'));
        end if;
      end loop;
    end loop;
    continue when v_nodes_tried = 0;
    return query select * from isolation.probe_report(model, 'P1', 'look up another tenant''s node', v_table.object, v_nodes_tried, v_nodes);
    continue when v_cursors_tried = 0;
    return query select * from isolation.probe_report(model, 'P1', 'page from another tenant''s cursor', v_table.object, v_cursors_tried, v_cursors);
  end loop;
end
$$;
comment on function isolation.probe_nodes(jsonb, jsonb, text[]) is 'Asks for another tenant''s nodes and cursors.';
revoke all on function isolation.probe_nodes(jsonb, jsonb, text[]) from public;
