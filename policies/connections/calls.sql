-- Calls to providers. Functions append; nobody changes or removes one.
alter table connections.calls enable row level security;
alter table connections.calls force row level security;

-- Definer functions stay inside the tenant of the session too.
create policy all_owner on connections.calls to bulkhead_owner
  using (workspace_id = (select session.workspace_id()))
  with check (workspace_id = (select session.workspace_id()));

create policy select_member on connections.calls for select to bulkhead_member
  using (workspace_id = (select session.workspace_with('audit.read')));
grant select (workspace_id, id, connection_id, provider, operation, success, error_code, duration_ms, occurred_at) on connections.calls to bulkhead_member;

-- Each is one event of the audit log, which keeps what was asked and how it went for longer than this row stays.
call audit.watch('connections.calls', 'provider_call', '{provider, operation, success, error_code, duration_ms}');
