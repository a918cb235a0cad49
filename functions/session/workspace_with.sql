-- Tenant and permission in one: a policy that compares with it needs one InitPlan for both.
create or replace function session.workspace_with(permission text) returns uuid
language sql stable security definer parallel safe
-- Without it the function is planned anew (150 µs) whenever its caller's search_path is not the last caller's.
set search_path to pg_catalog, pg_temp
begin atomic
  select c.workspace_id from session.current c where workspace_with.permission = any (c.permissions);
end;
comment on function session.workspace_with(text) is 'The workspace of the session if its role has the permission, otherwise null.';
revoke all on function session.workspace_with(text) from public;
grant execute on function session.workspace_with(text) to bulkhead_owner, bulkhead_member, bulkhead_agent;
