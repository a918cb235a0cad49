-- A ticket gives its service a token, good for one lease. Claiming it again, after a crash, ends the former token:
-- a worker that was thought dead can write nothing more.
create or replace function session.claim_ticket(ticket_id uuid, lease interval default interval '5 minutes') returns text
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_ticket session.tickets;
begin
  update session.tickets t set claimed_at = clock_timestamp()
  where t.id = claim_ticket.ticket_id
    and session_user = 'bulkhead_' || t.service
    and t.finished_at is null
    and t.expires_at > clock_timestamp()
    and (t.membership_id is null or t.membership_status = 'active')
  returning * into v_ticket;
  if not found then
    raise exception using errcode = 'ZS006', message = 'there is no such ticket for this service',
      hint = 'the job is done, too old, or the member on whose behalf it ran is gone';
  end if;
  update session.tokens t set revoked_at = clock_timestamp()
  where t.ticket_id = v_ticket.id and t.revoked_at is null;
  return session.mint(
    session_user, v_ticket.workspace_id, v_ticket.person_id, v_ticket.membership_id, v_ticket.role_key, v_ticket.membership_status,
    null, v_ticket.id, clock_timestamp() + least(lease, interval '30 minutes')
  );
end
$$;
comment on function session.claim_ticket(uuid, interval) is 'Trades a ticket for a token of its service, in its workspace, for one lease.';
revoke all on function session.claim_ticket(uuid, interval) from public;
grant execute on function session.claim_ticket(uuid, interval) to bulkhead_identity, bulkhead_mail_sync, bulkhead_crm, bulkhead_janitor, bulkhead_notary;
