-- The audit log. Definer functions append; nobody changes or removes a row, the owner included: there is no policy for it.
alter table audit.events enable row level security;
alter table audit.events force row level security;

-- In a session, only the session's own workspace; without one (a sign-in, a clean-up), the workspace that the function names.
create policy insert_owner on audit.events for insert to bulkhead_owner
  with check (workspace_id = coalesce((select session.workspace_id()), workspace_id));
create policy select_member on audit.events for select to bulkhead_member
  using (workspace_id = (select session.workspace_with('audit.read')));
grant select (workspace_id, id, occurred_at, action, row_id, changed_columns, person_id, sign_in_id, service) on audit.events to bulkhead_member;
revoke update, delete, truncate on audit.events from bulkhead_owner;

-- Nobody updates, deletes or truncates: no policy, no grant, and a trigger that refuses.
create or replace trigger append_only before update or delete on audit.events
  for each row execute function audit.refuse_change();
create or replace trigger never_truncate before truncate on audit.events
  for each statement execute function audit.refuse_change();
