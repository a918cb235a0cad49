create or replace function tenancy.reencrypt_credentials(version integer) returns setof tenancy.key_operations
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  perform from keyring.workspace_keys k
  where k.workspace_id = tenancy.require_owner('keys.rotate') and k.purpose = 'credential'
    and k.version = reencrypt_credentials.version and k.superseded_at is not null;
  if not found then
    raise exception using errcode = 'ZK002', message = 'there is no such superseded version of the key', hint = 'rotate the key first';
  end if;
  return next tenancy.start_key_operation('mail_sync', 'reencrypt', 'credential', reencrypt_credentials.version);
  return next tenancy.start_key_operation('crm', 'reencrypt', 'credential', reencrypt_credentials.version);
end
$$;
comment on function tenancy.reencrypt_credentials(integer) is
  'For a version of the credential key that is no longer trusted: seals everything that it sealed under the current version, then destroys it. One operation for each worker service that holds credentials; watch their progress.';
revoke all on function tenancy.reencrypt_credentials(integer) from public;
grant execute on function tenancy.reencrypt_credentials(integer) to bulkhead_member;
