-- The catalogue is the same for every workspace and says nothing about any: whoever is signed in reads all of it.
alter table tenancy.roles enable row level security;
alter table tenancy.roles force row level security;

create policy select_owner on tenancy.roles for select to bulkhead_owner using (true);
create policy select_member on tenancy.roles for select to bulkhead_member using ((select session.workspace_id()) is not null);
grant select (key, level, name, description) on tenancy.roles to bulkhead_member;

-- Nobody writes here: the catalogue changes by migration. FORCE refuses even its owner.
