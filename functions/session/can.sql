create or replace function session.can(permission text) returns boolean
language sql stable security definer parallel safe
-- Without it the function is planned anew (150 µs) whenever its caller's search_path is not the last caller's.
set search_path to pg_catalog, pg_temp
begin atomic
  select session.workspace_with(can.permission) is not null;
end;
comment on function session.can(text) is 'Whether the session''s role has the permission.';
revoke all on function session.can(text) from public;
grant execute on function session.can(text) to bulkhead_owner, bulkhead_member, bulkhead_agent;
