-- Whose query it was, nobody knows, or it would have a workspace: the event stands in the system's own log, that of the workspace of
-- zeros, which no session reads and which is sealed like every other.
create or replace function audit.report_contextless() returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_requests bigint := (select case when s.is_called then s.last_value else 0 end from audit.contextless_requests s);
  v_services bigint := (select case when s.is_called then s.last_value else 0 end from audit.contextless_services s);
  v_former audit.notary_state;
begin
  select * into v_former from audit.notary_state;
  if (v_requests, v_services) is not distinct from (v_former.contextless_requests, v_former.contextless_services) then
    return;
  end if;
  update audit.notary_state s set contextless_requests = v_requests, contextless_services = v_services;
  perform audit.append('00000000-0000-0000-0000-000000000000', 'query.without_context', null, jsonb_build_object(
    'requests', greatest(v_requests - v_former.contextless_requests, 0),
    'services', greatest(v_services - v_former.contextless_services, 0)
  ));
end
$$;
comment on function audit.report_contextless() is 'Writes an event when queries came without a session or ticket since the last time.';
revoke all on function audit.report_contextless() from public;
grant execute on function audit.report_contextless() to bulkhead_notary;
