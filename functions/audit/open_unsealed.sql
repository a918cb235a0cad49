-- What the last seal did not see and this snapshot does: nothing is skipped that commits late, whatever its id or its time,
-- since a transaction that was running is not visible in the former snapshot. After a restore into another cluster the
-- numbers of transactions mean nothing: then whatever is not in the chain is unsealed.
create or replace function audit.open_unsealed() returns text
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
-- Planned for this snapshot: a plan made for any would read a third of the log.
set plan_cache_mode to force_custom_plan
as $$
declare
  v_cursor refcursor := 'unsealed';
  v_base pg_snapshot;
begin
  if current_setting('transaction_isolation') <> 'repeatable read' then
    raise exception using errcode = 'ZA007', message = 'sealing needs one snapshot', hint = 'begin isolation level repeatable read';
  end if;
  -- Two notaries would make two chains; the second to update this row fails and tries again.
  update audit.notary_state s set sealed_at = clock_timestamp() returning s.snapshot::pg_snapshot into v_base;
  if pg_snapshot_xmax(v_base) > pg_snapshot_xmax(pg_current_snapshot()) then
    open v_cursor no scroll for
      select e.workspace_id, e.id, to_char(e.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as occurred_at, e.action, e.row_id,
      e.changed_columns, e.details, e.actor, e.person_id, e.sign_in_id, e.service, e.request_id, e.origin_id
      from audit.events e
      where not exists (select from audit.chain c where c.workspace_id = e.workspace_id and c.event_id = e.id)
      order by e.workspace_id, e.id;
  else
    open v_cursor no scroll for
      select e.workspace_id, e.id, to_char(e.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as occurred_at, e.action, e.row_id,
      e.changed_columns, e.details, e.actor, e.person_id, e.sign_in_id, e.service, e.request_id, e.origin_id
      from audit.events e
      where e.transaction_id >= pg_snapshot_xmin(v_base)::text::bigint
        and not pg_visible_in_snapshot(e.transaction_id::text::xid8, v_base)
      order by e.workspace_id, e.id;
  end if;
  update audit.notary_state s set snapshot = pg_current_snapshot()::text;
  return v_cursor::text;
end
$$;
comment on function audit.open_unsealed() is 'Opens the cursor `unsealed` on the events that are not sealed yet, in their order, and moves the mark.';
revoke all on function audit.open_unsealed() from public;
grant execute on function audit.open_unsealed() to bulkhead_notary;
