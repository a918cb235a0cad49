-- One attempt, as a login that became a role, in a tenant's context; always undone. The steps run with that role's rights alone;
-- `after` runs with the prober's again, and looks at what the attempt has done. Answers with `rows` and `value` of the last step
-- and `after`, or with `code` and `message`.
create or replace function isolation.probe_attempt(
  world jsonb, login text, role text, tenant text, state text, steps text[], after text default null
) returns jsonb
language plpgsql volatile
set search_path to pg_catalog, pg_temp
as $$
declare
  v_step text;
  v_value text;
  v_after text;
  v_rows bigint;
  v_code text;
  v_message text;
  v_constraint text;
  v_entering boolean := true;
begin
  begin
    if current_user <> session_user and tenant is null then
      perform set_config('session.token', '', true);
    end if;
    if tenant is not null then
      for v_step in select e from jsonb_array_elements_text(world -> 'enter') e loop
        execute v_step using tenant, role, state;
      end loop;
    end if;
    v_entering := false;
    select s.last_rows, s.last_value into v_rows, v_value from isolation.probe_step(login, role, steps) s;
    if after is not null then
      execute after into v_after;
    end if;
    raise exception using errcode = 'ZI900', message = jsonb_build_object('rows', v_rows, 'value', v_value, 'after', v_after)::text;
  exception when others then
    -- Without its context an attempt proves nothing, and must not pass for one that was refused.
    if v_entering then
      raise;
    end if;
    get stacked diagnostics v_code = returned_sqlstate, v_message = message_text, v_constraint = constraint_name;
  end;
  if v_code = 'ZI900' then
    return v_message::jsonb;
  end if;
  return jsonb_build_object('code', v_code, 'message', v_message, 'constraint', v_constraint);
end
$$;
comment on function isolation.probe_attempt(jsonb, text, text, text, text, text[], text) is 'Tries something as a role, undoes it, and says what happened.';
revoke all on function isolation.probe_attempt(jsonb, text, text, text, text, text[], text) from public;
