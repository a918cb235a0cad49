-- How long the log is kept.
alter table audit.retention_policies enable row level security;
alter table audit.retention_policies force row level security;

-- Definer functions stay inside the tenant of the session too.
create policy all_owner on audit.retention_policies to bulkhead_owner
  using (workspace_id = (select session.workspace_id()))
  with check (workspace_id = (select session.workspace_id()));

create policy select_janitor on audit.retention_policies for select to bulkhead_owner
  using (session_user = 'bulkhead_janitor');
create policy select_member on audit.retention_policies for select to bulkhead_member
  using (workspace_id = (select session.workspace_with('audit.read')));
grant select (workspace_id, months, updated_at) on audit.retention_policies to bulkhead_member;

-- Watched by its function: audit.set_retention says the old and the new number of months.
