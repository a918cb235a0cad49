-- Before the row goes, while the session that removes it still stands (it may be the person's own).
create or replace function connections.membership_ends() returns trigger
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  perform connections.end_person(OLD.person_id);
  return OLD;
end
$$;
comment on function connections.membership_ends() is 'Trigger: a person who goes takes no connection along and leaves none behind.';
revoke all on function connections.membership_ends() from public;
