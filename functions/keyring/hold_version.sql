-- Called with every ciphertext that is stored. Locked until the commit: whoever destroys the version waits, and then sees
-- what it sealed. A superseded version still seals what was under way, so that rotation fails nothing; one that is given
-- up, or gone, seals nothing more, and the worker seals anew.
create or replace function keyring.hold_version(purpose text, version integer) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  perform from keyring.workspace_keys k
  where k.workspace_id = session.workspace_id() and k.purpose = hold_version.purpose and k.version = hold_version.version
  for key share;
  if not found or exists (
    select from tenancy.key_operations o
    where o.workspace_id = session.workspace_id() and o.kind = 'reencrypt' and o.status = 'queued'
      and o.purpose = hold_version.purpose and o.version = hold_version.version
  ) then
    raise exception using errcode = 'ZK003', message = 'that version of the key is given up', hint = 'seal it under the current version';
  end if;
end
$$;
comment on function keyring.hold_version(text, integer) is 'Keeps a version of the workspace''s key from being destroyed until the transaction has ended.';
revoke all on function keyring.hold_version(text, integer) from public;
