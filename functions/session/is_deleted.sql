create or replace function session.is_deleted(workspace_id uuid) returns boolean
language sql stable security definer
begin atomic
  select exists (select from session.deleted_workspaces d where d.id = is_deleted.workspace_id);
end;
comment on function session.is_deleted(uuid) is 'Whether a workspace was deleted, though some of it may be there still.';
revoke all on function session.is_deleted(uuid) from public;
grant execute on function session.is_deleted(uuid) to bulkhead_owner;
