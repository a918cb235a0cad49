-- Refresh tokens, as hashes.
alter table session.refresh_tokens enable row level security;
alter table session.refresh_tokens force row level security;

create policy all_keeper on session.refresh_tokens to bulkhead_keeper using (true) with check (true);

-- The keeper alone: no request role, no login and not even bulkhead_owner has any right here.
