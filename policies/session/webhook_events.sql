-- Webhooks that were taken.
alter table session.webhook_events enable row level security;
alter table session.webhook_events force row level security;

create policy all_keeper on session.webhook_events to bulkhead_keeper using (true) with check (true);

-- The keeper alone: no request role, no login and not even bulkhead_owner has any right here.
