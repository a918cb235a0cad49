-- Deleted workspaces. Whatever asks for a right in one is refused, by the trigger on what gives rights.
alter table session.deleted_workspaces enable row level security;
alter table session.deleted_workspaces force row level security;

create policy all_keeper on session.deleted_workspaces to bulkhead_keeper using (true) with check (true);

-- Named so that it comes after the foreign key's own trigger: Postgres goes by the alphabet.
create or replace trigger workspace_is_there after insert on session.sign_ins
  for each row execute function session.refuse_deleted_workspace();
create or replace trigger workspace_is_there after insert on session.tickets
  for each row execute function session.refuse_deleted_workspace();

-- The keeper alone: no request role, no login and not even bulkhead_owner has any right here.
