-- Which message answers which, as keyed hashes. For threading only.
alter table mail.message_references enable row level security;
alter table mail.message_references force row level security;

-- Definer functions stay inside the tenant of the session too.
create policy all_owner on mail.message_references to bulkhead_owner
  using (workspace_id = (select session.workspace_id()))
  with check (workspace_id = (select session.workspace_id()));

-- Nobody writes here directly: every change is a function's.
call audit.watch('mail.message_references', 'message_reference');
