create or replace function connections.connect_with_secret(provider text, profile text, secret app.secret) returns connections.connections
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_workspace_id uuid := session.require('connections.manage');
  v_provider connections.providers;
  v_connection connections.connections;
begin
  select * into v_provider from connections.providers p
  where p.provider = connect_with_secret.provider and p.profile = connect_with_secret.profile;
  if not found or v_provider.kind <> 'secret' then
    -- A mailbox that one signs in to is never connected by a password.
    raise exception using errcode = 'ZC003', message = 'that is not connected by a password or key', hint = 'connect it by signing in';
  end if;
  insert into connections.connections (workspace_id, person_id, provider, profile, service)
  values (v_workspace_id, session.person_id(), v_provider.provider, v_provider.profile, v_provider.service)
  returning * into v_connection;
  perform connections.put_secret(v_connection.id, v_provider.service, secret);
  return v_connection;
end
$$;
comment on function connections.connect_with_secret(text, text, app.secret) is
  'Connects what has no sign-in of its own by a password or key. It is encrypted as it arrives and tried before the connection says `connected`: watch its state. `granola` takes the API key; `smtp_imap` takes JSON: {user, password, smtp: {host, port}, imap: {host, port}}.';
revoke all on function connections.connect_with_secret(text, text, app.secret) from public;
grant execute on function connections.connect_with_secret(text, text, app.secret) to bulkhead_member;
