-- Policies call this wrapped, as (select session.workspace_id()): once per statement, not once per row.
create or replace function session.workspace_id() returns uuid
language sql stable security definer parallel safe
begin atomic
  select c.workspace_id from session.current c;
end;
comment on function session.workspace_id() is 'The workspace of the session, or null without one.';
revoke all on function session.workspace_id() from public;
grant execute on function session.workspace_id() to bulkhead_owner, bulkhead_member, bulkhead_agent;
