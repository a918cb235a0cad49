create or replace function session.end_connection_attempt() returns void
language sql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
  delete from session.connection_attempts a using session.current c where a.ticket_id = c.ticket_id
$$;
comment on function session.end_connection_attempt() is 'Forgets the consent of the ticket in hand, with its sealed code: it has ended, one way or the other.';
revoke all on function session.end_connection_attempt() from public;
grant execute on function session.end_connection_attempt() to bulkhead_mail_sync, bulkhead_crm;
