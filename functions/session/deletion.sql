create or replace function session.deletion(out workspace_id uuid, out requested_at timestamptz, out keys_destroyed_at timestamptz)
language sql stable security definer
begin atomic
  select d.id, d.requested_at, d.keys_destroyed_at
  from session.current c join session.deleted_workspaces d on d.id = c.workspace_id
  where c.ticket_id is not null and c.database_role = 'bulkhead_janitor' and d.finished_at is null;
end;
comment on function session.deletion() is 'The deletion that the janitor''s ticket is for.';
revoke all on function session.deletion() from public;
grant execute on function session.deletion() to bulkhead_owner;
