-- Two workers that both find no key both make one; the second to come keeps the first one's.
create or replace function keyring.add_key(purpose text, version integer, kek text, wrapped text) returns boolean
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_workspace_id uuid := session.workspace_id();
  v_latest integer;
begin
  if v_workspace_id is null then
    perform audit.without_context();
    raise exception using errcode = 'ZS001', message = 'sign in first', hint = 'send an access token in the Authorization header';
  end if;
  perform from tenancy.workspaces w where w.id = v_workspace_id for update;
  select coalesce(max(k.version), 0) into v_latest from keyring.workspace_keys k
  where k.workspace_id = v_workspace_id and k.purpose = add_key.purpose;
  if version <> v_latest + 1 then
    return false;
  end if;
  update keyring.workspace_keys k set superseded_at = clock_timestamp()
  where k.workspace_id = v_workspace_id and k.purpose = add_key.purpose and k.superseded_at is null;
  insert into keyring.workspace_keys (workspace_id, purpose, version, kek, wrapped)
  values (v_workspace_id, add_key.purpose, add_key.version, add_key.kek, add_key.wrapped);
  perform audit.key_used(case when version = 1 then 'created' else 'rotated' end, purpose, version);
  return true;
end
$$;
comment on function keyring.add_key(text, integer, text, text) is 'Adds the next version of a wrapped workspace key; false when another was faster.';
revoke all on function keyring.add_key(text, integer, text, text) from public;
grant execute on function keyring.add_key(text, integer, text, text) to bulkhead_mail_sync, bulkhead_crm;
