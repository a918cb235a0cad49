-- The last thing that a session does in its workspace: from here on it has none itself.
create or replace function session.close_workspace(audit_months integer) returns integer
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_workspace_id uuid := session.workspace_id();
  v_id uuid;
  v_count integer := 0;
begin
  insert into session.deleted_workspaces (id, requested_by, audit_months)
  values (v_workspace_id, session.person_id(), close_workspace.audit_months);
  for v_id in select s.id from session.sign_ins s where s.workspace_id = v_workspace_id and s.ended_at is null loop
    v_count := v_count + session.end_sign_in(v_id, 'workspace_deleted')::integer;
  end loop;
  return v_count;
end
$$;
comment on function session.close_workspace(integer) is 'Ends every sign-in of the session''s workspace and lets nobody in any more; returns how many ended.';
revoke all on function session.close_workspace(integer) from public;
grant execute on function session.close_workspace(integer) to bulkhead_owner;
