create or replace function audit.create_sink(name text, kind text, address text, key app.secret default null, authority text default null)
returns audit.sinks
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_workspace_id uuid := session.require('audit.export');
  v_sink audit.sinks;
begin
  insert into audit.sinks (workspace_id, name, kind, address, sealed_key, authority, created_by)
  values (v_workspace_id, create_sink.name, create_sink.kind, create_sink.address, create_sink.key, create_sink.authority, session.person_id())
  returning * into v_sink;
  return v_sink;
end
$$;
comment on function audit.create_sink(text, text, text, app.secret, text) is
  'Adds a collector for audit exports: a `webhook` (https, each delivery signed with the key) or a `syslog` collector over TLS.';
revoke all on function audit.create_sink(text, text, text, app.secret, text) from public;
grant execute on function audit.create_sink(text, text, text, app.secret, text) to bulkhead_member;
