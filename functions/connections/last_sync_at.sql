-- A function of its own, since who may see a connection need not be allowed to read the log of its calls.
create or replace function connections.last_sync_at(connection_id uuid) returns timestamptz
language sql stable security definer
set search_path to pg_catalog, pg_temp
as $$
  select k.occurred_at
  from connections.connections c
  join connections.calls k on k.workspace_id = c.workspace_id and k.connection_id = c.id
  where c.workspace_id = session.workspace_with('connections.read') and c.id = last_sync_at.connection_id
    and (c.person_id = session.person_id() or session.can('connections.oversee')) and k.success
  order by k.id desc
  limit 1
$$;
comment on function connections.last_sync_at(uuid) is E'@behavior -*\nWhen the provider last answered a call of this connection well.';
revoke all on function connections.last_sync_at(uuid) from public;
grant execute on function connections.last_sync_at(uuid) to bulkhead_member;
