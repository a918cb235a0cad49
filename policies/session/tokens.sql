-- The registry of tokens. session.current shows a transaction its own row, and no other.
alter table session.tokens enable row level security;
alter table session.tokens force row level security;

create policy all_keeper on session.tokens to bulkhead_keeper using (true) with check (true);

-- The keeper alone: no request role, no login and not even bulkhead_owner has any right here.
