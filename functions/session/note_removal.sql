create or replace function session.note_removal(removed_rows bigint, step text) returns void
language sql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
  update session.deleted_workspaces d
  set removed_row_count = d.removed_row_count + removed_rows,
    keys_destroyed_at = case step when 'keys' then clock_timestamp() else d.keys_destroyed_at end,
    finished_at = case step when 'all' then clock_timestamp() else d.finished_at end
  where d.id = (select x.workspace_id from session.deletion() x)
$$;
comment on function session.note_removal(bigint, text) is 'Notes how far the removal of a deleted workspace is: rows; `keys`; `all`.';
revoke all on function session.note_removal(bigint, text) from public;
grant execute on function session.note_removal(bigint, text) to bulkhead_owner;
