-- Full jitter under a doubling cap (5 s to 15 min), or as long as the provider said: those who failed together do not
-- come back together.
create or replace function connections.give_up_refresh(connection_id uuid, fence uuid, error_code text, retry_after integer default null) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_failures integer;
begin
  update connections.connections c
  set refresh_failures = c.refresh_failures + 1, last_error_code = give_up_refresh.error_code
  from connections.credentials k
  where c.workspace_id = session.workspace_id() and c.id = give_up_refresh.connection_id
    and k.workspace_id = c.workspace_id and k.connection_id = c.id and k.refresh_fence = fence
  returning c.refresh_failures into v_failures;
  if found then
    update connections.credentials k
    set refresh_fence = null, refresh_until = null, refresh_ticket_id = null, refresh_claimed_at = null,
      refresh_after = clock_timestamp() + greatest(
      make_interval(secs => coalesce(retry_after, 0)),
      make_interval(secs => 1 + random() * least(5 * 2 ^ least(v_failures, 10), 900))
    )
    where k.workspace_id = session.workspace_id() and k.connection_id = give_up_refresh.connection_id and k.refresh_fence = fence;
  end if;
end
$$;
comment on function connections.give_up_refresh(uuid, uuid, text, integer) is 'Says that a refresh failed for now, and when to try again.';
revoke all on function connections.give_up_refresh(uuid, uuid, text, integer) from public;
grant execute on function connections.give_up_refresh(uuid, uuid, text, integer) to bulkhead_mail_sync, bulkhead_crm;
