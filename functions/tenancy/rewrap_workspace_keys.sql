create or replace function tenancy.rewrap_workspace_keys() returns tenancy.key_operations
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  perform tenancy.require_owner('keys.rotate');
  return tenancy.start_key_operation('mail_sync', 'rewrap', null, null);
end
$$;
comment on function tenancy.rewrap_workspace_keys() is 'Wraps every version of the workspace''s keys under the current key-encryption key. No ciphertext changes.';
revoke all on function tenancy.rewrap_workspace_keys() from public;
grant execute on function tenancy.rewrap_workspace_keys() to bulkhead_member;
