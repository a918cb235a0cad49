-- Questions under way. A session asks for its own workspace; a service takes what waits for it.
alter table sealed.calls enable row level security;
alter table sealed.calls force row level security;

create policy insert_asker on sealed.calls for insert to bulkhead_owner
  with check (
    (service = 'opener' and workspace_id = (select session.workspace_id()))
    -- Names and origins in the trail of a workspace under an agency's.
    or (service = 'opener' and kind in ('audit.subject', 'audit.origin') and workspace_id = any ((select audit.readable_workspaces())::uuid[]))
    or (service = 'identity' and workspace_id is null)
  );
create policy select_service on sealed.calls for select to bulkhead_owner
  using (session_user in ('bulkhead_' || service, 'bulkhead_janitor'));
create policy delete_service on sealed.calls for delete to bulkhead_owner
  using (session_user in ('bulkhead_' || service, 'bulkhead_janitor'));
-- The deletion of a workspace takes its questions along. Named to come after the services' policies, which are asked first then.
create policy delete_session on sealed.calls for delete to bulkhead_owner
  using (workspace_id = (select session.workspace_id()));
create policy select_session on sealed.calls for select to bulkhead_owner
  using (workspace_id = (select session.workspace_id()));

-- Rows of a tenant that isolation.probe() has made up in this transaction, which never commits.
create policy insert_probed on sealed.calls for insert to bulkhead_owner
  with check (session_user = 'bulkhead_auditor' and isolation.is_probed(workspace_id));
create policy select_probed on sealed.calls for select to bulkhead_owner
  using (session_user = 'bulkhead_auditor' and isolation.is_probed(workspace_id));

-- Nobody updates a question, and no request role sees one: not even its own.
