-- Which connection a provider means by a grant. Hashes only.
alter table session.provider_grants enable row level security;
alter table session.provider_grants force row level security;

create policy all_keeper on session.provider_grants to bulkhead_keeper using (true) with check (true);

-- The keeper alone: no request role, no login and not even bulkhead_owner has any right here.
