-- Allowances, before anybody is signed in.
alter table session.rate_limits enable row level security;
alter table session.rate_limits force row level security;

create policy all_keeper on session.rate_limits to bulkhead_keeper using (true) with check (true);

-- The keeper alone: no request role, no login and not even bulkhead_owner has any right here.
