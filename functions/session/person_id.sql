create or replace function session.person_id() returns uuid
language sql stable security definer parallel safe
begin atomic
  select c.person_id from session.current c;
end;
comment on function session.person_id() is 'The person of the session, or null without one.';
revoke all on function session.person_id() from public;
grant execute on function session.person_id() to bulkhead_owner, bulkhead_member, bulkhead_agent;
