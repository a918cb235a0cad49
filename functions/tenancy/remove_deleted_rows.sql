-- One batch a transaction: a janitor that dies is followed by another, which finds what is left. The largest tables first,
-- so that no foreign key removes a whole mailbox in one statement. Before the credential keys and the connections go, the
-- grants that are still being given back get their day.
create or replace function tenancy.remove_deleted_rows(max_rows integer) returns text
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_deletion record;
  v_table text;
  v_count bigint;
begin
  select * into v_deletion from session.deletion();
  if v_deletion.workspace_id is null then
    raise exception using errcode = 'ZS006', message = 'there is no such ticket for this service';
  end if;
  foreach v_table in array array[
    'mail.attachments', 'mail.message_references', 'mail.messages', 'mail.conversations', 'mail.import_errors', 'mail.import_sources',
    'mail.imports', 'mail.inboxes', 'audit.export_chunks', 'audit.exports', 'audit.sinks', 'audit.origins', 'audit.retention_policies',
    'tenancy.team_members', 'tenancy.teams', 'tenancy.invitations', 'tenancy.memberships', 'tenancy.key_operations',
    'connections.calls', 'connections.jobs', 'connections.intake', 'connections.credentials', 'connections.revocations',
    'keyring.workspace_keys', 'connections.connections', 'tenancy.people', 'audit.subjects'
  ] loop
    if v_table = 'connections.revocations' and v_deletion.requested_at > clock_timestamp() - interval '24 hours'
      and exists (select from connections.revocations r where r.workspace_id = v_deletion.workspace_id)
    then
      return 'waiting';
    end if;
    if v_table = 'connections.connections' and v_deletion.keys_destroyed_at is null then
      perform audit.append(v_deletion.workspace_id, 'workspace.keys_destroyed', v_deletion.workspace_id);
      perform session.note_removal(0, 'keys');
    end if;
    execute format('delete from %1$s t where t.ctid = any (array(select x.ctid from %1$s x where x.workspace_id = $1 limit $2))', v_table)
    using v_deletion.workspace_id, least(max_rows, 10000);
    get diagnostics v_count = row_count;
    if v_count > 0 then
      perform session.note_removal(v_count, 'rows');
      return 'removing';
    end if;
  end loop;
  perform session.note_removal(1, 'all');
  -- Sign-ins, tokens and tickets go with it, this one too.
  delete from tenancy.workspaces w where w.id = v_deletion.workspace_id;
  return 'done';
end
$$;
comment on function tenancy.remove_deleted_rows(integer) is
  'Removes some rows of the deleted workspace that the janitor''s ticket is for: `removing`, `waiting` for providers, or `done`.';
revoke all on function tenancy.remove_deleted_rows(integer) from public;
grant execute on function tenancy.remove_deleted_rows(integer) to bulkhead_janitor;
