create or replace function session.start_sign_in(
  flow text, state text, browser text, desktop_challenge text, return_to text, sealed_verifier text, organization_id text
) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  insert into session.sign_in_attempts (
    state_hash, browser_hash, flow, return_to, sealed_verifier, desktop_challenge, organization_id
  ) values (
    session.token_hash(state), session.token_hash(browser), flow, return_to, sealed_verifier, desktop_challenge, organization_id
  );
end
$$;
comment on function session.start_sign_in(text, text, text, text, text, text, text) is 'Registers a sign-in that begins.';
revoke all on function session.start_sign_in(text, text, text, text, text, text, text) from public;
grant execute on function session.start_sign_in(text, text, text, text, text, text, text) to bulkhead_api;
