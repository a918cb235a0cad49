-- What has been sealed so far: a snapshot, and when.
alter table audit.notary_state enable row level security;
alter table audit.notary_state force row level security;

create policy update_notary on audit.notary_state for update to bulkhead_owner
  using (session_user = 'bulkhead_notary') with check (session_user = 'bulkhead_notary');
create policy select_owner on audit.notary_state for select to bulkhead_owner
  using (session_user = 'bulkhead_notary' or (select session.workspace_id()) is not null);
