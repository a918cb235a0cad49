-- Policies call this wrapped, as (select session.workspace_id()): once per statement, not once per row.
create or replace function session.workspace_id() returns uuid
language sql stable security definer parallel safe
-- Without it the function is planned anew (150 µs) whenever its caller's search_path is not the last caller's.
set search_path to pg_catalog, pg_temp
begin atomic
  select c.workspace_id from session.current c;
end;
comment on function session.workspace_id() is 'The workspace of the session, or null without one.';
revoke all on function session.workspace_id() from public;
grant execute on function session.workspace_id() to bulkhead_owner, bulkhead_member, bulkhead_agent;
