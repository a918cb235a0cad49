-- The audit log. Definer functions append; nobody changes or removes a row, the owner included.
alter table audit.events enable row level security;
alter table audit.events force row level security;

-- What a trigger writes was checked as a row of its own table; audit.append takes a session's own workspace only.
create policy insert_owner on audit.events for insert to bulkhead_owner
  with check (session_user <> 'bulkhead_auditor' and workspace_id is not null);
create policy select_member on audit.events for select to bulkhead_member
  using (workspace_id = (select session.workspace_with('audit.read')));
grant select (workspace_id, id, occurred_at, action, row_id, changed_columns, details, actor, person_id, sign_in_id, service, request_id, origin_id) on audit.events to bulkhead_member;

-- The functions that search and export: the session's workspace, and for owners the workspaces under theirs.
create policy select_owner on audit.events for select to bulkhead_owner
  using (workspace_id = any ((select audit.readable_workspaces())::uuid[]));
-- The notary seals every workspace's rows. They hold pseudonyms only.
create policy select_notary on audit.events for select to bulkhead_owner
  using (session_user = 'bulkhead_notary');
-- Retention asks which workspaces a month holds.
create policy select_janitor on audit.events for select to bulkhead_owner
  using (session_user = 'bulkhead_janitor');

-- Rows of a tenant that isolation.probe() has made up in this transaction, which never commits.
create policy insert_probed on audit.events for insert to bulkhead_owner
  with check (session_user = 'bulkhead_auditor' and isolation.is_probed(workspace_id));

-- Nobody updates, deletes or truncates: no policy, no grant, and triggers that refuse.
call audit.protect('audit.events');
