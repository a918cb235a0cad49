create or replace function session.ticket_id() returns uuid
language sql stable security definer parallel safe
begin atomic
  select c.ticket_id from session.current c;
end;
comment on function session.ticket_id() is 'The ticket that this transaction acts on, or null without one.';
revoke all on function session.ticket_id() from public;
grant execute on function session.ticket_id() to bulkhead_owner;
