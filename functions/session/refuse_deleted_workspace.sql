-- After the foreign key, which waits for whoever holds the workspace's row: what slipped in behind a deletion that was under
-- way sees it now. Only the janitor gets a right in a deleted workspace, to remove it.
create or replace function session.refuse_deleted_workspace() returns trigger
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  if exists (select from session.deleted_workspaces d where d.id = NEW.workspace_id)
    and (to_jsonb(NEW) ->> 'service') is distinct from 'janitor'
  then
    raise exception using errcode = 'ZT016', message = 'this workspace was deleted';
  end if;
  return null;
end
$$;
comment on function session.refuse_deleted_workspace() is 'Trigger: nobody gets a right in a workspace that was deleted.';
revoke all on function session.refuse_deleted_workspace() from public;
