-- What must hold at once holds with this commit: no session, no job, no credential, no key that opens content, no name in
-- the audit log. What is left are rows that nobody can use; the janitor removes them. The keys of credentials live on for
-- as long as grants are being given back with them, a day at most, and open nothing else: the credentials are gone.
create or replace function tenancy.delete_workspace(name text) returns tenancy.workspace_deletion
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_workspace_id uuid := tenancy.require_owner('workspace.delete');
  v_workspace tenancy.workspaces;
  v_deletion tenancy.workspace_deletion;
  v_id uuid;
begin
  perform session.lock_workspace();
  -- Whatever writes into this workspace is over before the next statement, or waits for this transaction's end.
  select * into strict v_workspace from tenancy.workspaces w where w.id = v_workspace_id for update;
  if v_workspace.name is distinct from delete_workspace.name then
    raise exception using errcode = 'ZT014', message = 'that is not the name of your workspace', hint = 'give its name exactly as it is';
  end if;
  if exists (select from tenancy.workspaces w where w.parent_id = v_workspace_id) then
    raise exception using errcode = 'ZT015', message = 'there are workspaces under this one', hint = 'their owners delete them first';
  end if;
  v_deletion.workspace_id := v_workspace_id;
  v_deletion.requested_at := clock_timestamp();
  v_deletion.ended_connection_count := 0;
  for v_id in
    select c.id from connections.connections c where c.workspace_id = v_workspace_id and c.state <> 'disconnected' order by c.id
  loop
    perform connections.end_connection(v_id);
    v_deletion.ended_connection_count := v_deletion.ended_connection_count + 1;
  end loop;
  -- Sealed to the worker and not under the workspace's keys, whose end does not touch it.
  delete from connections.intake i where i.workspace_id = v_workspace_id;
  delete from mail.import_sources s where s.workspace_id = v_workspace_id;
  delete from audit.sinks s where s.workspace_id = v_workspace_id;
  delete from sealed.calls c where c.workspace_id = v_workspace_id;
  delete from keyring.workspace_keys k
  where k.workspace_id = v_workspace_id and (
    k.purpose <> 'credential' or not exists (select from connections.revocations r where r.workspace_id = v_workspace_id)
  );
  perform audit.erase_everybody();
  -- The organization is free for another workspace.
  update tenancy.workspaces w set organization_id = null where w.id = v_workspace_id;
  perform session.end_tickets();
  v_deletion.pending_revocation_count := connections.hurry_revocations();
  perform audit.append(v_workspace_id, 'workspace.deletion_started', v_workspace_id, jsonb_build_object(
    'connections', v_deletion.ended_connection_count, 'revocations', v_deletion.pending_revocation_count
  ));
  v_deletion.ended_sign_in_count := session.close_workspace((
    select r.months from audit.retention_policies r where r.workspace_id = v_workspace_id
  ));
  return v_deletion;
end
$$;
comment on function tenancy.delete_workspace(text) is
  'Deletes your workspace, for ever: give its name. Everybody is signed out, every connection disconnected and every key destroyed at once; the rows are removed within minutes. For owners. Workspaces under this one have to be gone first.';
revoke all on function tenancy.delete_workspace(text) from public;
grant execute on function tenancy.delete_workspace(text) to bulkhead_member;
