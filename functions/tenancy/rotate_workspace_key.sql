create or replace function tenancy.rotate_workspace_key(purpose text) returns tenancy.key_operations
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  perform tenancy.require_owner('keys.rotate');
  if purpose not in ('content', 'credential') then
    raise exception using errcode = 'ZK001', message = 'only content and credential keys rotate',
      hint = 'the index key finds what is there: another one would find nothing';
  end if;
  return tenancy.start_key_operation('mail_sync', 'rotate', purpose, null);
end
$$;
comment on function tenancy.rotate_workspace_key(text) is
  'Makes a new version of the workspace''s `content` or `credential` key. What is sealed from then on is sealed under it; what is there stays readable, and nothing is re-encrypted.';
revoke all on function tenancy.rotate_workspace_key(text) from public;
grant execute on function tenancy.rotate_workspace_key(text) to bulkhead_member;
