-- Before the row goes, while the session that removes it still stands (it may be the person's own).
create or replace function connections.membership_ends() returns trigger
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_id uuid;
begin
  for v_id in
    select c.id from connections.connections c
    where c.workspace_id = OLD.workspace_id and c.person_id = OLD.person_id and c.state <> 'disconnected'
  loop
    perform connections.end_connection(v_id);
  end loop;
  return OLD;
end
$$;
comment on function connections.membership_ends() is 'Trigger: a person who goes takes no connection along and leaves none behind.';
revoke all on function connections.membership_ends() from public;
