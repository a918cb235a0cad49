-- What can be connected: the same for every workspace. Each service declares its own providers.
alter table connections.providers enable row level security;
alter table connections.providers force row level security;

-- A synthetic tenant of isolation.probe() needs a provider where no service has declared one; its transaction never commits.
create policy insert_probed on connections.providers for insert to bulkhead_owner
  with check (session_user = 'bulkhead_auditor' and isolation.is_probing());

create policy select_owner on connections.providers for select to bulkhead_owner using (true);
create policy insert_service on connections.providers for insert to bulkhead_owner
  with check (session_user = 'bulkhead_' || service);
create policy update_service on connections.providers for update to bulkhead_owner
  using (session_user = 'bulkhead_' || service) with check (session_user = 'bulkhead_' || service);
create policy select_member on connections.providers for select to bulkhead_member
  using ((select session.workspace_id()) is not null);
grant select (provider, profile, kind, scopes) on connections.providers to bulkhead_member;

-- No request role writes it; no service but through connections.declare_provider.
