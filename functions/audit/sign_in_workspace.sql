-- A sign-in has no workspace before it succeeds; the organization that it was for may have one.
create or replace function audit.sign_in_workspace(organization_id text) returns uuid
language sql stable security definer
set search_path to pg_catalog, pg_temp
as $$
  select w.id from tenancy.workspaces w where w.organization_id = sign_in_workspace.organization_id
$$;
comment on function audit.sign_in_workspace(text) is 'In whose log a sign-in through an organization stands; null when that is nobody''s.';
revoke all on function audit.sign_in_workspace(text) from public;
grant execute on function audit.sign_in_workspace(text) to bulkhead_identity;
