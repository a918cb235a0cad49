-- Up to where the sign-in provider's events have been read.
alter table session.provider_cursors enable row level security;
alter table session.provider_cursors force row level security;

create policy all_keeper on session.provider_cursors to bulkhead_keeper using (true) with check (true);

-- The keeper alone: no request role, no login and not even bulkhead_owner has any right here.
