-- The keeper's events: it makes sessions, so it says whose they are.
create or replace function audit.record(
  workspace_id uuid, action text, row_id uuid default null, changed_columns text[] default null,
  person_id uuid default null, sign_in_id uuid default null, code text default null
) returns void
language sql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
  select audit.append(workspace_id, action, row_id, case when code is not null then jsonb_build_object('code', code) end,
    changed_columns, person_id, sign_in_id)
$$;
comment on function audit.record(uuid, text, uuid, text[], uuid, uuid, text) is 'Writes one event of a session into the audit log.';
revoke all on function audit.record(uuid, text, uuid, text[], uuid, uuid, text) from public;
grant execute on function audit.record(uuid, text, uuid, text[], uuid, uuid, text) to bulkhead_keeper;
