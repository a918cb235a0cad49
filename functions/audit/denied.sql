-- In a transaction of its own: the refused one is rolled back. Only into the caller's own log.
create or replace function audit.denied(code text, permission text default null) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  perform audit.require_shape(array[code]::text[], array[permission]::text[]);
  perform audit.append(session.workspace_id(), 'access.denied', null, jsonb_build_object('code', code, 'permission', permission));
end
$$;
comment on function audit.denied(text, text) is 'Records that the API refused something to this session.';
revoke all on function audit.denied(text, text) from public;
grant execute on function audit.denied(text, text) to bulkhead_member, bulkhead_agent, bulkhead_recipient;
