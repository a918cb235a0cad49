create or replace function session.person_id() returns uuid
language sql stable security definer parallel safe
-- Without it the function is planned anew (150 µs) whenever its caller's search_path is not the last caller's.
set search_path to pg_catalog, pg_temp
begin atomic
  select c.person_id from session.current c;
end;
comment on function session.person_id() is 'The person of the session, or null without one.';
revoke all on function session.person_id() from public;
grant execute on function session.person_id() to bulkhead_owner, bulkhead_member, bulkhead_agent;
