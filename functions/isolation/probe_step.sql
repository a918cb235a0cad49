-- Statements with a role's rights, behind its login. Started by an auditor, this runs inside a definer function: there nobody becomes another
-- role, so the function of the role's stand-in runs them.
create or replace function isolation.probe_step(login text, role text, steps text[], out last_rows bigint, out last_value text)
language plpgsql volatile
set search_path to pg_catalog, pg_temp
as $$
declare
  v_step text;
begin
  if current_user <> session_user then
    execute format('select last_rows, last_value from isolation.%I($1)', 'probe_as_' || role) into last_rows, last_value using steps;
    return;
  end if;
  execute format('set local session authorization %I', login);
  if role <> login then
    execute format('set local role %I', role);
  end if;
  foreach v_step in array steps loop
    if v_step ~* '^\s*(select|with|explain|execute|values|fetch)\y' then
      execute v_step into last_value;
    else
      execute v_step;
    end if;
    get diagnostics last_rows = row_count;
  end loop;
  set local session authorization default;
end
$$;
comment on function isolation.probe_step(text, text, text[]) is 'Runs statements as a role.';
revoke all on function isolation.probe_step(text, text, text[]) from public;
