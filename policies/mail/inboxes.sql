-- Inboxes of the workspace.
alter table mail.inboxes enable row level security;
alter table mail.inboxes force row level security;

-- Definer functions stay inside the tenant of the session too.
create policy all_owner on mail.inboxes to bulkhead_owner
  using (workspace_id = (select session.workspace_id()))
  with check (workspace_id = (select session.workspace_id()));

create policy select_member on mail.inboxes for select to bulkhead_member
  using (workspace_id = (select session.workspace_with('inboxes.read')));
grant select (workspace_id, id, name, created_at) on mail.inboxes to bulkhead_member;

-- Nobody writes here directly: every change is a function's.
call audit.watch('mail.inboxes', 'inbox');
