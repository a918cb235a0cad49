-- Before its workspace's row is locked: whoever refreshes or claims holds one of these rows and then asks for the workspace's.
create or replace function session.lock_workspace() returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_workspace_id uuid := session.workspace_id();
begin
  perform from session.sign_ins s where s.workspace_id = v_workspace_id and s.ended_at is null order by s.id for update;
  perform from session.tickets t where t.workspace_id = v_workspace_id and t.finished_at is null order by t.id for update;
end
$$;
comment on function session.lock_workspace() is 'Locks the sign-ins and tickets of the session''s workspace.';
revoke all on function session.lock_workspace() from public;
grant execute on function session.lock_workspace() to bulkhead_owner;
