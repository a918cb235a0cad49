-- For an owner's operation alone, and audited: the one way to open credentials without a job that uses them.
create or replace function keyring.credentials_to_reseal(operation_id uuid, batch integer)
returns table (credential_id uuid, connection_id uuid, person_id uuid, provider text, version integer, sealed text, sealed_revocation text)
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
    return;
  end if;
  if v_operation.total_count is null then
    update tenancy.key_operations o
    set total_count = (
      select count(*) from connections.credentials k
      join connections.connections c on c.workspace_id = k.workspace_id and c.id = k.connection_id
      where k.workspace_id = v_operation.workspace_id and k.key_version = v_operation.version and c.service = v_operation.service)
    where o.workspace_id = v_operation.workspace_id and o.id = v_operation.id;
    perform audit.record(v_operation.workspace_id, 'credential.reencryption_started', v_operation.id);
  end if;
  return query
  select k.id, c.id, c.person_id, c.provider, k.version, k.sealed, k.sealed_revocation
  from connections.credentials k
  join connections.connections c on c.workspace_id = k.workspace_id and c.id = k.connection_id
  where k.workspace_id = v_operation.workspace_id and k.key_version = v_operation.version and c.service = v_operation.service
  order by k.id limit least(batch, 100);
end
$$;
comment on function keyring.credentials_to_reseal(uuid, integer) is 'Some of the credentials that a distrusted version sealed.';
revoke all on function keyring.credentials_to_reseal(uuid, integer) from public;
grant execute on function keyring.credentials_to_reseal(uuid, integer) to bulkhead_mail_sync, bulkhead_crm;
