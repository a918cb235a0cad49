-- Who a subject of the sign-in provider is, across workspaces.
alter table session.identities enable row level security;
alter table session.identities force row level security;

create policy all_keeper on session.identities to bulkhead_keeper using (true) with check (true);

-- The keeper alone: no request role, no login and not even bulkhead_owner has any right here.
