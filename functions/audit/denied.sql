-- In a transaction of its own: the refused one is rolled back. Only into the caller's own log, and not without end: who tries every
-- door gets twenty events, then one each three minutes, and the log says once in a while that it keeps no more.
create or replace function audit.denied(code text, permission text default null, operation text default null) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_session record;
begin
  perform audit.require_shape(array[code]::text[], array[permission, operation]::text[]);
  select p.workspace_id, coalesce(p.sign_in_id, p.id)::text as subject into v_session from session.presented p;
  if session.workspace_id() is null then
    return;
  end if;
  if (session.allow('denied', null, v_session.subject)).allowed then
    perform audit.append(v_session.workspace_id, 'access.denied', null,
      jsonb_build_object('code', code, 'permission', permission, 'operation', operation));
  elsif (session.allow('denials', null, v_session.subject)).allowed then
    perform audit.append(v_session.workspace_id, 'access.denials_dropped');
  end if;
end
$$;
comment on function audit.denied(text, text, text) is 'Records that the API refused something to this session.';
revoke all on function audit.denied(text, text, text) from public;
grant execute on function audit.denied(text, text, text) to bulkhead_member, bulkhead_agent, bulkhead_recipient;
