-- Roots say nothing of anybody: 32 bytes over all workspaces, to be published.
alter table audit.roots enable row level security;
alter table audit.roots force row level security;

create policy insert_notary on audit.roots for insert to bulkhead_owner
  with check (session_user = 'bulkhead_notary');
create policy select_owner on audit.roots for select to bulkhead_owner
  using (session_user = 'bulkhead_notary' or (select session.workspace_id()) is not null);

call audit.protect('audit.roots');
