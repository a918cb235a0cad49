-- Attachments, sealed. Their content is opened by the worker only.
alter table mail.attachments enable row level security;
alter table mail.attachments force row level security;

-- Definer functions stay inside the tenant of the session too.
create policy all_owner on mail.attachments to bulkhead_owner
  using (workspace_id = (select session.workspace_id()))
  with check (workspace_id = (select session.workspace_id()));

create policy select_member on mail.attachments for select to bulkhead_member
  using (workspace_id = (select session.workspace_with('messages.read')));
grant select (workspace_id, id, message_id, position, size) on mail.attachments to bulkhead_member;

-- Nobody writes here directly: every change is a function's.
call audit.watch('mail.attachments', 'attachment');
