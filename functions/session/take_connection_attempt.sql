-- By the ticket that was made for it alone, so that a service finishes only consents that were begun for it. It stays until
-- the end is committed: a worker that died before it presented the code has a successor who does. Had it presented the
-- code already, the provider refuses the second time and, as RFC 6749 section 4.1.2 asks, takes back what it gave
-- the dead one.
create or replace function session.take_connection_attempt(
  attempt_id uuid, out connection_id uuid, out state_hash text, out sealed_code text, out sealed_verifier text,
  out taken_before boolean
)
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_attempt session.connection_attempts;
begin
  select a.* into v_attempt from session.connection_attempts a
  join session.current c on c.ticket_id = a.ticket_id
  where a.id = attempt_id and a.called_back_at is not null
  for update of a;
  if not found then
    return;
  end if;
  update session.connection_attempts a set taken_at = clock_timestamp() where a.id = v_attempt.id;
  connection_id := v_attempt.connection_id;
  state_hash := encode(v_attempt.state_hash, 'hex');
  sealed_code := v_attempt.sealed_code;
  sealed_verifier := v_attempt.sealed_verifier;
  taken_before := v_attempt.taken_at is not null;
end
$$;
comment on function session.take_connection_attempt(uuid) is 'Takes a consent that has come back from the provider, by its own ticket.';
revoke all on function session.take_connection_attempt(uuid) from public;
grant execute on function session.take_connection_attempt(uuid) to bulkhead_mail_sync, bulkhead_crm;
