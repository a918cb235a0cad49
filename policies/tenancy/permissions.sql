-- The catalogue is the same for every workspace and says nothing about any: whoever is signed in reads all of it.
alter table tenancy.permissions enable row level security;
alter table tenancy.permissions force row level security;

create policy select_owner on tenancy.permissions for select to bulkhead_owner using (true);
create policy select_member on tenancy.permissions for select to bulkhead_member using ((select session.workspace_id()) is not null);
grant select (key, description) on tenancy.permissions to bulkhead_member;

-- Nobody writes here: the catalogue changes by migration. FORCE refuses even its owner.
