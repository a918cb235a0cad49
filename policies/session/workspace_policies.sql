-- Session policies, set and read through functions.
alter table session.workspace_policies enable row level security;
alter table session.workspace_policies force row level security;

create policy all_keeper on session.workspace_policies to bulkhead_keeper using (true) with check (true);

-- The keeper alone: no request role, no login and not even bulkhead_owner has any right here.
