-- For an owner's operation alone: the one way to open credentials without a job that uses them. Grants that are being given
-- back are among them, without a credential.
create or replace function keyring.credentials_to_reseal(operation_id uuid, batch integer)
returns table (credential_id uuid, connection_id uuid, person_id uuid, provider text, version integer, sealed text, sealed_revocation text)
language sql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
  with operation as (
    select o.workspace_id, o.version, o.service from tenancy.key_operations o
    where o.workspace_id = session.workspace_id() and o.id = operation_id and o.kind = 'reencrypt' and o.status = 'queued'
      and o.purpose = 'credential' and o.total_count is not null and session_user = 'bulkhead_' || o.service
  )
  (
    select k.id, c.id, c.person_id, c.provider, k.version, k.sealed, k.sealed_revocation
    from operation o
    join connections.credentials k on k.workspace_id = o.workspace_id and k.key_version = o.version
    join connections.connections c on c.workspace_id = k.workspace_id and c.id = k.connection_id and c.service = o.service
    order by k.id limit least(batch, 100)
  )
  union all
  (
    select r.id, c.id, r.person_id, r.provider, r.version, null, r.sealed_revocation
    from operation o
    join connections.revocations r on r.workspace_id = o.workspace_id and keyring.sealed_version(r.sealed_revocation) = o.version
    join connections.connections c on c.workspace_id = r.workspace_id and c.id = r.connection_id and c.service = o.service
    order by r.id limit least(batch, 100)
  )
$$;
comment on function keyring.credentials_to_reseal(uuid, integer) is 'Some of the credentials that a distrusted version sealed.';
revoke all on function keyring.credentials_to_reseal(uuid, integer) from public;
grant execute on function keyring.credentials_to_reseal(uuid, integer) to bulkhead_mail_sync, bulkhead_crm;
