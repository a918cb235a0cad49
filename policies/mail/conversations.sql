-- Conversations: counts and times, no content.
alter table mail.conversations enable row level security;
alter table mail.conversations force row level security;

-- Definer functions stay inside the tenant of the session too.
create policy all_owner on mail.conversations to bulkhead_owner
  using (workspace_id = (select session.workspace_id()))
  with check (workspace_id = (select session.workspace_id()));

create policy select_member on mail.conversations for select to bulkhead_member
  using (workspace_id = (select session.workspace_with('messages.read')));
grant select (workspace_id, id, inbox_id, message_count, last_message_at, created_at) on mail.conversations to bulkhead_member;

-- Nobody writes here directly: every change is a function's.
call audit.watch('mail.conversations', 'conversation');
