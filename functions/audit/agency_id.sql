-- A role, not a permission: those that are in a permission's preset may change, an agency's owners are its owners.
create or replace function audit.agency_id() returns uuid
language sql stable security definer
set search_path to pg_catalog, pg_temp
as $$
  select a.workspace_id from session.actor() a where a.role_key = 'owner'
$$;
comment on function audit.agency_id() is 'The workspace of the session if it is an owner''s: what is under it, is theirs to audit.';
revoke all on function audit.agency_id() from public;
