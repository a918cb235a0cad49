create or replace function audit.seal_status(
  out sealed_position bigint, out sealed_at timestamptz, out unsealed_count bigint, out oldest_unsealed_at timestamptz
)
language plpgsql stable security definer
set search_path to pg_catalog, pg_temp
-- A plan made for any snapshot reads a third of the log; one made for this snapshot reads its last pages.
set plan_cache_mode to force_custom_plan
as $$
declare
  v_workspace_id uuid := session.require('audit.read');
  v_state audit.notary_state;
begin
  select * into v_state from audit.notary_state;
  sealed_at := v_state.sealed_at;
  select t.position into sealed_position from audit.tips t where t.workspace_id = v_workspace_id;
  sealed_position := coalesce(sealed_position, 0);
  select count(*), min(e.occurred_at) into unsealed_count, oldest_unsealed_at from audit.events e
  where e.workspace_id = v_workspace_id and e.transaction_id >= pg_snapshot_xmin(v_state.snapshot::pg_snapshot)::text::bigint
    and not pg_visible_in_snapshot(e.transaction_id::text::xid8, v_state.snapshot::pg_snapshot);
end
$$;
comment on function audit.seal_status() is 'How far the log of your workspace is sealed, and how much is not yet.';
revoke all on function audit.seal_status() from public;
grant execute on function audit.seal_status() to bulkhead_member;
