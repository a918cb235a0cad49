-- Messages. The two sealed columns are granted to nobody: they are opened by the worker, on request, for who may read them.
alter table mail.messages enable row level security;
alter table mail.messages force row level security;

-- Definer functions stay inside the tenant of the session too.
create policy all_owner on mail.messages to bulkhead_owner
  using (workspace_id = (select session.workspace_id()))
  with check (workspace_id = (select session.workspace_id()));

create policy select_member on mail.messages for select to bulkhead_member
  using (workspace_id = (select session.workspace_with('messages.read')));
grant select (workspace_id, id, inbox_id, conversation_id, import_id, sent_at, received_at, sort_at, size, attachment_count) on mail.messages to bulkhead_member;

-- The opener gets exactly the rows that waiting calls name, through sealed.take_to_open alone.
create policy select_opener on mail.messages for select to bulkhead_owner
  using (
    session_user = 'bulkhead_opener'
    and (workspace_id, id) in (select c.workspace_id, r.id from sealed.calls c, unnest(c.row_ids) as r (id))
  );

-- Nobody writes here directly: every change is a function's.
call audit.watch('mail.messages', 'message');
