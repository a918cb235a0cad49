-- Ids only: who is told reads the row under their own rights.
create or replace function connections.changed() returns trigger
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  perform pg_notify('connections_' || replace(NEW.workspace_id::text, '-', ''), NEW.id::text);
  return null;
end
$$;
comment on function connections.changed() is 'Trigger: says that a connection''s state has changed.';
revoke all on function connections.changed() from public;
