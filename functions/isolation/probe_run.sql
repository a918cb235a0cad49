-- Every attempt, and nothing left. All of it happens inside one block that ends with an exception of its own, so that whatever the
-- caller does next, and wherever this is killed, not one row stays. Attempts take locks that they do not get for long: two seconds each
-- at most.
create or replace function isolation.probe_run(model jsonb, groups text[]) returns table (id text, title text, verdict text, detail text)
language plpgsql volatile
set search_path to pg_catalog, pg_temp
set jit to off
as $$
declare
  v_world jsonb;
  v_group text;
  v_some jsonb;
  v_results jsonb := '[]';
  v_code text;
  v_message text;
begin
  begin
    model := isolation.probe_model(model);
    v_world := isolation.probe_seed(model);
    foreach v_group in array groups loop
      execute format('select coalesce(jsonb_agg(to_jsonb(p)), ''[]'') from isolation.%I($1, $2) p', 'probe_' || v_group) into v_some using model, v_world;
      v_results := v_results || v_some;
    end loop;
    raise exception using errcode = 'ZI900', message = 'probes are always undone';
  exception
    when sqlstate 'ZI900' then null;
    when others then
      get stacked diagnostics v_code = returned_sqlstate, v_message = message_text;
      v_results := v_results || jsonb_build_object('id', 'P0 the run ' || coalesce(v_group, 'seed'), 'title', 'the probes run', 'verdict', 'unreliable', 'detail', v_code || ': ' || v_message);
  end;
  if jsonb_array_length(v_results) = 0 then
    v_results := jsonb_build_array(jsonb_build_object('id', 'P0 the run none', 'title', 'the probes run', 'verdict', 'unreliable', 'detail', 'not one probe ran'));
  end if;
  return query select r.id, r.title, r.verdict, r.detail from jsonb_to_recordset(v_results) as r (id text, title text, verdict text, detail text);
end
$$;
comment on function isolation.probe_run(jsonb, text[]) is 'Runs groups of probes and undoes them.';
revoke all on function isolation.probe_run(jsonb, text[]) from public;
