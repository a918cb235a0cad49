-- One refresher at a time. `changed`: there is a newer credential already; `wait`: somebody is at it; `later`: the provider
-- asked for time. A refresher has 30 seconds for its call and 45 for storing the answer. One that died is followed at once
-- by whoever claims its ticket next: the claim that it had is over, so its fence is worth nothing.
create or replace function connections.claim_refresh(connection_id uuid, version integer, out outcome text, out fence uuid, out wait_ms integer)
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_credential connections.credentials;
begin
  if not connections.usable(claim_refresh.connection_id) then
    outcome := 'ended';
    return;
  end if;
  select * into v_credential from connections.credentials k
  where k.workspace_id = session.workspace_id() and k.connection_id = claim_refresh.connection_id
  for update;
  if not found then
    outcome := 'ended';
  elsif v_credential.version <> claim_refresh.version then
    outcome := 'changed';
  elsif v_credential.refresh_until > clock_timestamp()
    and v_credential.refresh_claimed_at = session.ticket_claimed_at(v_credential.refresh_ticket_id) then
    outcome := 'wait';
  elsif v_credential.refresh_after > clock_timestamp() then
    outcome := 'later';
    wait_ms := ceil(extract(epoch from v_credential.refresh_after - clock_timestamp()) * 1000);
  else
    outcome := 'claimed';
    fence := gen_random_uuid();
    update connections.credentials k
    set refresh_fence = fence, refresh_until = clock_timestamp() + interval '75 seconds',
      refresh_ticket_id = session.ticket_id(), refresh_claimed_at = session.ticket_claimed_at(session.ticket_id())
    where k.workspace_id = v_credential.workspace_id and k.id = v_credential.id;
  end if;
end
$$;
comment on function connections.claim_refresh(uuid, integer) is 'Asks to be the one who refreshes a credential.';
revoke all on function connections.claim_refresh(uuid, integer) from public;
grant execute on function connections.claim_refresh(uuid, integer) to bulkhead_mail_sync, bulkhead_crm;
