create or replace function tenancy.reencrypt_content(version integer) returns tenancy.key_operations
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  perform from keyring.workspace_keys k
  where k.workspace_id = tenancy.require_owner('keys.rotate') and k.purpose = 'content'
    and k.version = reencrypt_content.version and k.superseded_at is not null;
  if not found then
    raise exception using errcode = 'ZK002', message = 'there is no such superseded version of the key', hint = 'rotate the key first';
  end if;
  return tenancy.start_key_operation('mail_sync', 'reencrypt', 'content', reencrypt_content.version);
end
$$;
comment on function tenancy.reencrypt_content(integer) is
  'For a version of the content key that is no longer trusted: seals every subject, body and attachment that it sealed under the current version, then destroys it. Watch the progress.';
revoke all on function tenancy.reencrypt_content(integer) from public;
grant execute on function tenancy.reencrypt_content(integer) to bulkhead_member;
