-- With its owner's rights, inside the session's own workspace: a role that may not see the people still sees itself.
create or replace function tenancy.current_person() returns tenancy.people
language sql stable security definer
set search_path to pg_catalog, pg_temp
as $$
  select p.* from tenancy.people p where p.workspace_id = session.workspace_id() and p.id = session.person_id()
$$;
comment on function tenancy.current_person() is 'The person who is signed in.';
revoke all on function tenancy.current_person() from public;
grant execute on function tenancy.current_person() to bulkhead_member;
