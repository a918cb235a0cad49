-- Called by the API process, which makes state, browser secret and PKCE verifier and keeps none of them: hashes and a
-- sealed verifier are stored. Not in the GraphQL schema by itself: the route sets the browser's cookie along with it.
create or replace function connections.start_connection(
  provider text, profile text, state text, browser text, code_challenge text, sealed_verifier text, return_to text,
  out connection_id uuid, out authorize_url text
)
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_workspace_id uuid := session.require('connections.manage');
  v_provider connections.providers;
begin
  select * into v_provider from connections.providers p
  where p.provider = start_connection.provider and p.profile = start_connection.profile and p.kind = 'oauth';
  if not found then
    raise exception using errcode = 'ZC001', message = 'that cannot be connected by signing in', hint = 'see the list of providers';
  end if;
  if state !~ '^[A-Za-z0-9_-]{43}$' or browser !~ '^[A-Za-z0-9_-]{43}$' or code_challenge !~ '^[A-Za-z0-9_-]{43}$'
    or return_to !~ '^/([^/\\]|$)' then
    raise exception using errcode = 'ZC002', message = 'the request to connect is malformed';
  end if;
  -- Consents that were never finished.
  delete from connections.connections c
  where c.workspace_id = v_workspace_id and c.person_id = session.person_id() and c.state = 'pending'
    and c.created_at < clock_timestamp() - interval '15 minutes';
  insert into connections.connections (workspace_id, person_id, provider, profile, service)
  values (v_workspace_id, session.person_id(), v_provider.provider, v_provider.profile, v_provider.service)
  returning id into connection_id;
  perform session.start_connection_attempt(connection_id, v_provider.service, state, browser, return_to, sealed_verifier);
  authorize_url := v_provider.authorize_url || '&state=' || connections.url_encode(state) || case v_provider.pkce
    when 'S256' then '&code_challenge=' || code_challenge || '&code_challenge_method=S256'
    -- Nylas' own: base64 of the digest in hex, without padding.
    when 'nylas' then '&code_challenge_method=s256&code_challenge=' || connections.url_encode(
      rtrim(translate(encode(convert_to(encode(decode(translate(code_challenge, '-_', '+/') || '=', 'base64'), 'hex'), 'UTF8'), 'base64'), E'\n', ''), '='))
    else '' end;
end
$$;
comment on function connections.start_connection(text, text, text, text, text, text, text) is
  E'@behavior -*\nBegins a connection: the provider''s own consent screen.';
revoke all on function connections.start_connection(text, text, text, text, text, text, text) from public;
grant execute on function connections.start_connection(text, text, text, text, text, text, text) to bulkhead_member;
