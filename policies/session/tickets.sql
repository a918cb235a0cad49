-- Tickets of worker services.
alter table session.tickets enable row level security;
alter table session.tickets force row level security;

create policy all_keeper on session.tickets to bulkhead_keeper using (true) with check (true);

-- The keeper alone: no request role, no login and not even bulkhead_owner has any right here.
