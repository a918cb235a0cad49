-- Which connection the account belongs to: the person's former one for it, if there is one, so that what hangs on that
-- goes on; and which version its next credential has. Locked until the credential is stored.
create or replace function connections.settle_account(connection_id uuid, account_id text, out target_id uuid, out version integer)
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_pending connections.connections;
  v_target connections.connections;
begin
  select * into v_pending from connections.connections c
  where c.workspace_id = session.workspace_id() and c.id = settle_account.connection_id and c.person_id = session.person_id()
    and c.state = 'pending' and session_user = 'bulkhead_' || c.service
  for update;
  if not found then
    raise exception using errcode = 'ZC004', message = 'that connection is not waiting to be finished';
  end if;
  select * into v_target from connections.connections c
  where c.workspace_id = v_pending.workspace_id and c.person_id = v_pending.person_id and c.provider = v_pending.provider
    and c.account_id = settle_account.account_id and c.state in ('connected', 'reconnect_needed')
  for update;
  target_id := coalesce(v_target.id, v_pending.id);
  version := coalesce(v_target.version, v_pending.version) + 1;
end
$$;
comment on function connections.settle_account(uuid, text) is 'The connection that an account belongs to, and the version of its next credential.';
revoke all on function connections.settle_account(uuid, text) from public;
grant execute on function connections.settle_account(uuid, text) to bulkhead_mail_sync, bulkhead_crm;
