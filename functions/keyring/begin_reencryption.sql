-- Counts what there is to do, once, and tells the audit log: from here on a worker may open everything that the version sealed.
create or replace function keyring.begin_reencryption(operation_id uuid) returns boolean
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_operation tenancy.key_operations;
begin
  select * into v_operation from tenancy.key_operations o
  where o.workspace_id = session.workspace_id() and o.id = operation_id and o.kind = 'reencrypt' and o.status = 'queued'
    and session_user = 'bulkhead_' || o.service
  for update;
  if not found then
    return false;
  end if;
  if v_operation.total_count is null then
    update tenancy.key_operations o
    set total_count = case v_operation.purpose
      when 'content' then (
        select coalesce(sum(
          (keyring.sealed_version(m.sealed_subject) = v_operation.version)::integer
          + (keyring.sealed_version(m.sealed_body) = v_operation.version)::integer), 0)
        from mail.messages m where m.workspace_id = v_operation.workspace_id
      ) + (
        select count(*) from mail.attachments a
        where a.workspace_id = v_operation.workspace_id and keyring.sealed_version(a.sealed_content) = v_operation.version
      )
      else (
        select count(*) from connections.credentials k
        join connections.connections c on c.workspace_id = k.workspace_id and c.id = k.connection_id
        where k.workspace_id = v_operation.workspace_id and k.key_version = v_operation.version and c.service = v_operation.service
      ) + (
        select count(*) from connections.revocations r
        join connections.connections c on c.workspace_id = r.workspace_id and c.id = r.connection_id
        where r.workspace_id = v_operation.workspace_id and c.service = v_operation.service
          and keyring.sealed_version(r.sealed_revocation) = v_operation.version
      ) end
    where o.workspace_id = v_operation.workspace_id and o.id = v_operation.id;
    perform audit.record(v_operation.workspace_id,
      case v_operation.purpose when 'content' then 'content.reencryption_started' else 'credential.reencryption_started' end, v_operation.id);
  end if;
  return true;
end
$$;
comment on function keyring.begin_reencryption(uuid) is 'Begins, or goes on with, sealing anew what a distrusted version sealed.';
revoke all on function keyring.begin_reencryption(uuid) from public;
grant execute on function keyring.begin_reencryption(uuid) to bulkhead_mail_sync, bulkhead_crm;
