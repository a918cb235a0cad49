-- Deploy's own note. Nothing of a tenant is here.
alter table app.deployments enable row level security;
alter table app.deployments force row level security;

create policy all_owner on app.deployments to bulkhead_owner using (true) with check (true);

-- Nobody but the owner, which only deploy becomes.
