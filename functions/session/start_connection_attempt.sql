create or replace function session.start_connection_attempt(
  connection_id uuid, service text, state text, browser text, return_to text, sealed_verifier text
) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  insert into session.connection_attempts (
    state_hash, browser_hash, sign_in_id, ticket_id, workspace_id, connection_id, service, return_to, sealed_verifier
  )
  select session.token_hash(state), session.token_hash(browser), c.sign_in_id, session.issue_ticket(start_connection_attempt.service),
    c.workspace_id, start_connection_attempt.connection_id, start_connection_attempt.service,
    start_connection_attempt.return_to, start_connection_attempt.sealed_verifier
  from session.current c
  where c.sign_in_id is not null;
  if not found then
    perform audit.without_context();
    raise exception using errcode = 'ZS001', message = 'sign in first', hint = 'send an access token in the Authorization header';
  end if;
end
$$;
comment on function session.start_connection_attempt(uuid, text, text, text, text, text) is 'Registers a consent that begins, for this sign-in and browser.';
revoke all on function session.start_connection_attempt(uuid, text, text, text, text, text) from public;
grant execute on function session.start_connection_attempt(uuid, text, text, text, text, text) to bulkhead_owner;
