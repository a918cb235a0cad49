-- Superseded, and named by nothing any more. Whoever was storing under it holds it (keyring.hold_version): the lock waits for
-- them, and the statement after it sees what they stored. Of two services that give up one version, the last destroys it.
create or replace function keyring.destroy_version(operation_id uuid) returns text
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_operation tenancy.key_operations;
begin
  select * into v_operation from tenancy.key_operations o
  where o.workspace_id = session.workspace_id() and o.id = operation_id and o.kind = 'reencrypt' and o.status = 'queued'
    and session_user = 'bulkhead_' || o.service;
  if not found then
    return 'ended';
  end if;
  perform from keyring.workspace_keys k
  where k.workspace_id = v_operation.workspace_id and k.purpose = v_operation.purpose and k.version = v_operation.version
    and k.superseded_at is not null
  for update;
  if not found then
    return 'ended';
  end if;
  if v_operation.purpose = 'content' then
    if exists (
      select from mail.messages m where m.workspace_id = v_operation.workspace_id
        and v_operation.version in (keyring.sealed_version(m.sealed_subject), keyring.sealed_version(m.sealed_body))
    ) or exists (
      select from mail.attachments a where a.workspace_id = v_operation.workspace_id
        and keyring.sealed_version(a.sealed_content) = v_operation.version
    ) then
      return 'named';
    end if;
  elsif exists (
    select from connections.credentials k
    join connections.connections c on c.workspace_id = k.workspace_id and c.id = k.connection_id
    where k.workspace_id = v_operation.workspace_id and k.key_version = v_operation.version and c.service = v_operation.service
  ) or exists (
    select from connections.revocations r
    join connections.connections c on c.workspace_id = r.workspace_id and c.id = r.connection_id
    where r.workspace_id = v_operation.workspace_id and c.service = v_operation.service
      and keyring.sealed_version(r.sealed_revocation) = v_operation.version
  ) then
    return 'named';
  elsif exists (
    select from connections.credentials k where k.workspace_id = v_operation.workspace_id and k.key_version = v_operation.version
  ) or exists (
    select from connections.revocations r where r.workspace_id = v_operation.workspace_id
      and keyring.sealed_version(r.sealed_revocation) = v_operation.version
  ) then
    return 'others';
  end if;
  delete from keyring.workspace_keys k
  where k.workspace_id = v_operation.workspace_id and k.purpose = v_operation.purpose and k.version = v_operation.version;
  perform audit.key_used('destroyed', v_operation.purpose, v_operation.version, operation_id);
  return 'destroyed';
end
$$;
comment on function keyring.destroy_version(uuid) is
  'Destroys a version of a key that nothing names any more. `named`: the service that asks has more to seal anew; `others`: another service has.';
revoke all on function keyring.destroy_version(uuid) from public;
grant execute on function keyring.destroy_version(uuid) to bulkhead_mail_sync, bulkhead_crm;
