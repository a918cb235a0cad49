-- P7: a plan made for one tenant and executed for another, custom and generic. P5: one transaction whose context changes between two
-- statements. What the second tenant gets must be its own.
create or replace function isolation.probe_plans(model jsonb, world jsonb, only_tables text[] default null)
returns table (id text, title text, verdict text, detail text)
language plpgsql volatile
set search_path to pg_catalog, pg_temp
as $$
declare
  v_table record;
  v_actor record;
  v_mode text;
  v_code text;
  v_message text;
  v_value text;
  v_bad text[];
  v_unsure text[];
  v_tried integer;
  v_step text;
begin
  for v_table in select r.* from isolation.relation_facts(model) r where r.class = 'tenant' and (only_tables is null or r.object = any (only_tables)) loop
    v_bad := '{}';
    v_unsure := '{}';
    v_tried := 0;
    for v_actor in select * from jsonb_to_recordset(world -> 'actors') as a (role text, login text, kind text) loop
      continue when not has_column_privilege(v_actor.role, v_table.oid, v_table.tenant_attnum, 'select') or isolation.probe_allows(model, v_actor.role, v_table.object, 'SELECT');
      foreach v_mode in array array['force_generic_plan', 'force_custom_plan'] loop
        v_tried := v_tried + 1;
        begin
          for v_step in select e from jsonb_array_elements_text(world -> 'enter') e loop
            execute v_step using world -> 'tenants' ->> 'a', v_actor.role, 'live';
          end loop;
          perform set_config('plan_cache_mode', v_mode, true);
          perform isolation.probe_step(v_actor.login, v_actor.role,
            array[format('prepare isolation_probe_plan as select string_agg(distinct %I::text, '' '') from %s', v_table.tenant_column, v_table.object), 'execute isolation_probe_plan']);
          for v_step in select e from jsonb_array_elements_text(world -> 'enter') e loop
            execute v_step using world -> 'tenants' ->> 'b', v_actor.role, 'live';
          end loop;
          v_value := (isolation.probe_step(v_actor.login, v_actor.role, array['execute isolation_probe_plan'])).last_value;
          raise exception using errcode = 'ZI900', message = coalesce(v_value, '');
        exception when others then
          get stacked diagnostics v_code = returned_sqlstate, v_message = message_text;
        end;
        -- Prepared statements belong to the connection: a rollback leaves them.
        if exists (select from pg_prepared_statements s where s.name = 'isolation_probe_plan') then
          deallocate isolation_probe_plan;
        end if;
        if v_code <> 'ZI900' then
          v_unsure := v_unsure || format('%s: %s %s', v_actor.role, v_code, v_message);
        elsif position(world -> 'tenants' ->> 'a' in v_message) > 0 then
          v_bad := v_bad || format('%s got the first tenant''s rows from a plan that was %s', v_actor.role, case v_mode when 'force_generic_plan' then 'kept' else 'made anew' end);
        end if;
      end loop;
    end loop;
    continue when v_tried = 0;
    return query select * from isolation.probe_report(model, 'P7', 'plan for one tenant, execute for another', v_table.object, v_tried, v_bad, v_unsure);
  end loop;
end
$$;
comment on function isolation.probe_plans(jsonb, jsonb, text[]) is 'Executes one tenant''s prepared plan for another.';
revoke all on function isolation.probe_plans(jsonb, jsonb, text[]) from public;
