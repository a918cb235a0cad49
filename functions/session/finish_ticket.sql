create or replace function session.finish_ticket(ticket_id uuid) returns boolean
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  update session.tickets t set finished_at = clock_timestamp()
  where t.id = finish_ticket.ticket_id and session_user = 'bulkhead_' || t.service and t.finished_at is null;
  if not found then
    return false;
  end if;
  update session.tokens t set revoked_at = clock_timestamp()
  where t.ticket_id = finish_ticket.ticket_id and t.revoked_at is null;
  return true;
end
$$;
comment on function session.finish_ticket(uuid) is 'Ends a ticket and its token: the job is done.';
revoke all on function session.finish_ticket(uuid) from public;
grant execute on function session.finish_ticket(uuid) to bulkhead_identity, bulkhead_mail_sync, bulkhead_crm, bulkhead_janitor, bulkhead_notary;
