create or replace function session.actor(out workspace_id uuid, out membership_id uuid, out role_key text)
language sql stable security definer parallel safe
-- Without it the function is planned anew (150 µs) whenever its caller's search_path is not the last caller's.
set search_path to pg_catalog, pg_temp
begin atomic
  select c.workspace_id, c.membership_id, c.role_key from session.current c;
end;
comment on function session.actor() is 'The standing of the session: its workspace, membership and role.';
revoke all on function session.actor() from public;
grant execute on function session.actor() to bulkhead_owner;
