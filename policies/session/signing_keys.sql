-- HMAC keys. No function gives one out.
alter table session.signing_keys enable row level security;
alter table session.signing_keys force row level security;

create policy all_keeper on session.signing_keys to bulkhead_keeper using (true) with check (true);

-- The keeper alone: no request role, no login and not even bulkhead_owner has any right here.
