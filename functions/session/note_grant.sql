-- The latest consent alone counts: what a provider says of an earlier grant finds nothing any more.
create or replace function session.note_grant(connection_id uuid, grant_hash bytea) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  delete from session.provider_grants g
  where g.workspace_id = session.workspace_id() and g.connection_id = note_grant.connection_id;
  if grant_hash is not null then
    insert into session.provider_grants (workspace_id, connection_id, grant_hash)
    values (session.workspace_id(), note_grant.connection_id, note_grant.grant_hash);
  end if;
end
$$;
comment on function session.note_grant(uuid, bytea) is 'Notes which grant of its provider a connection has; null: none any more.';
revoke all on function session.note_grant(uuid, bytea) from public;
grant execute on function session.note_grant(uuid, bytea) to bulkhead_owner;
