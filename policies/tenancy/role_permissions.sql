-- The catalogue is the same for every workspace and says nothing about any: whoever is signed in reads all of it.
alter table tenancy.role_permissions enable row level security;
alter table tenancy.role_permissions force row level security;

create policy select_owner on tenancy.role_permissions for select to bulkhead_owner using (true);
create policy select_member on tenancy.role_permissions for select to bulkhead_member using ((select session.workspace_id()) is not null);
grant select (role_key, permission_key) on tenancy.role_permissions to bulkhead_member;

-- Tokens carry their role's permissions from here.
create policy select_keeper on tenancy.role_permissions for select to bulkhead_keeper using (true);
grant select on tenancy.role_permissions to bulkhead_keeper;

-- Nobody writes here: the catalogue changes by migration. FORCE refuses even its owner.

create or replace trigger permissions_changed after insert or update or delete or truncate on tenancy.role_permissions
  for each statement execute function tenancy.permissions_changed();
