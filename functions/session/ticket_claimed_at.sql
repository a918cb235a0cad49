create or replace function session.ticket_claimed_at(ticket_id uuid) returns timestamptz
language sql stable security definer
set search_path to pg_catalog, pg_temp
as $$
  select t.claimed_at from session.tickets t where t.id = ticket_claimed_at.ticket_id and t.finished_at is null
$$;
comment on function session.ticket_claimed_at(uuid) is 'When a ticket was last claimed: another time than before means that the former claim is over. Null when the ticket is.';
revoke all on function session.ticket_claimed_at(uuid) from public;
grant execute on function session.ticket_claimed_at(uuid) to bulkhead_owner;
