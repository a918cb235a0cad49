-- What a query says of a tenant's rows, with the prober's own rights: a superuser sees them as they are, an auditor's prober only in
-- that tenant's context.
create or replace function isolation.probe_look(world jsonb, tenant text, query text) returns text
language plpgsql volatile
set search_path to pg_catalog, pg_temp
as $$
declare
  v_step text;
  v_value text;
  v_token text := coalesce(current_setting('session.token', true), '');
begin
  if current_user <> session_user then
    for v_step in select e from jsonb_array_elements_text(world -> 'enter') e loop
      execute v_step using tenant, 'bulkhead_member', 'live';
    end loop;
  end if;
  execute query into v_value;
  if current_user <> session_user then
    perform set_config('session.token', v_token, true);
  end if;
  return v_value;
end
$$;
comment on function isolation.probe_look(jsonb, text, text) is 'Asks about a synthetic tenant''s rows with the prober''s own rights.';
revoke all on function isolation.probe_look(jsonb, text, text) from public;
