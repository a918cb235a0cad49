-- By the ticket that was made for it alone, so that a service finishes only consents that were begun for it. Taken once:
-- a code is good once, and a second try with it would make the provider take back what the first one gave.
create or replace function session.take_connection_attempt(
  attempt_id uuid, out connection_id uuid, out state_hash text, out sealed_code text, out sealed_verifier text
)
language sql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
  delete from session.connection_attempts a
  using session.current c
  where a.id = attempt_id and a.ticket_id = c.ticket_id and a.called_back_at is not null
  returning a.connection_id, encode(a.state_hash, 'hex'), a.sealed_code, a.sealed_verifier
$$;
comment on function session.take_connection_attempt(uuid) is 'Takes a consent that has come back from the provider, once, by its own ticket.';
revoke all on function session.take_connection_attempt(uuid) from public;
grant execute on function session.take_connection_attempt(uuid) to bulkhead_mail_sync, bulkhead_crm;
