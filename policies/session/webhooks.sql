-- Sealed webhooks that wait to be judged.
alter table session.webhooks enable row level security;
alter table session.webhooks force row level security;

create policy all_keeper on session.webhooks to bulkhead_keeper using (true) with check (true);

-- The keeper alone: no request role, no login and not even bulkhead_owner has any right here.
