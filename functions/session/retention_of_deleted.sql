create or replace function session.retention_of_deleted(workspace_id uuid) returns integer
language sql stable security definer
begin atomic
  select d.audit_months from session.deleted_workspaces d where d.id = retention_of_deleted.workspace_id;
end;
comment on function session.retention_of_deleted(uuid) is 'For how many months a deleted workspace kept its audit log, if it had said so.';
revoke all on function session.retention_of_deleted(uuid) from public;
grant execute on function session.retention_of_deleted(uuid) to bulkhead_owner;
