-- Each service speaks for its own providers: what another service has declared stays as it is.
create or replace function connections.declare_provider(
  provider text, profile text, kind text, authorize_url text, pkce text, scopes text[]
) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_service text := substr(session_user::text, 10);
begin
  insert into connections.providers as p (provider, profile, service, kind, authorize_url, pkce, scopes)
  values (
    declare_provider.provider, declare_provider.profile, v_service, declare_provider.kind, declare_provider.authorize_url,
    declare_provider.pkce, declare_provider.scopes
  )
  on conflict on constraint providers_pkey do update
  set kind = excluded.kind, authorize_url = excluded.authorize_url, pkce = excluded.pkce, scopes = excluded.scopes
  where p.service = v_service;
end
$$;
comment on function connections.declare_provider(text, text, text, text, text, text[]) is 'Says what can be connected, and where its consent screen is.';
revoke all on function connections.declare_provider(text, text, text, text, text, text[]) from public;
grant execute on function connections.declare_provider(text, text, text, text, text, text[]) to bulkhead_mail_sync, bulkhead_crm;
