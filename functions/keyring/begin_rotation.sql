create or replace function keyring.begin_rotation(purpose text, out operation_id uuid, out workspace_id uuid)
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  if session.ticket_id() is null then
    raise exception using errcode = 'ZS006', message = 'there is no such ticket for this service';
  end if;
  workspace_id := session.workspace_id();
  insert into tenancy.key_operations (workspace_id, service, kind, purpose)
  values (begin_rotation.workspace_id, 'mail_sync', 'rotate', begin_rotation.purpose)
  returning id into operation_id;
end
$$;
comment on function keyring.begin_rotation(text) is 'Begins the rotation of a workspace''s key on the operator''s behalf.';
revoke all on function keyring.begin_rotation(text) from public;
grant execute on function keyring.begin_rotation(text) to bulkhead_mail_sync;
