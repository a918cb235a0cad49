create or replace function keyring.begin_rewrap(out operation_id uuid, out workspace_id uuid)
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  if session.ticket_id() is null then
    raise exception using errcode = 'ZS006', message = 'there is no such ticket for this service';
  end if;
  workspace_id := session.workspace_id();
  insert into tenancy.key_operations (workspace_id, service, kind) values (begin_rewrap.workspace_id, 'mail_sync', 'rewrap')
  returning id into operation_id;
end
$$;
comment on function keyring.begin_rewrap() is 'Begins the rewrapping of a workspace''s keys on the operator''s behalf.';
revoke all on function keyring.begin_rewrap() from public;
grant execute on function keyring.begin_rewrap() to bulkhead_mail_sync;
