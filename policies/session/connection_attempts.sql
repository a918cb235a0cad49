-- Consents under way, as hashes.
alter table session.connection_attempts enable row level security;
alter table session.connection_attempts force row level security;

create policy all_keeper on session.connection_attempts to bulkhead_keeper using (true) with check (true);

-- The keeper alone: no request role, no login and not even bulkhead_owner has any right here.
