-- One event a cycle: how many items, and whether it went well.
create or replace function audit.sync_finished(provider text, kind text, items integer, success boolean, error_code text default null, duration_ms integer default null, workspace_id uuid default null) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  perform audit.require_shape(array[error_code]::text[], array[provider, kind]::text[]);
  perform audit.append(audit.event_workspace(sync_finished.workspace_id), 'sync.finished', null, jsonb_build_object('provider', provider, 'kind', kind, 'items', items, 'success', success, 'error_code', error_code, 'duration_ms', duration_ms));
end
$$;
comment on function audit.sync_finished(text, text, integer, boolean, text, integer, uuid) is 'Records the end of a sync cycle.';
revoke all on function audit.sync_finished(text, text, integer, boolean, text, integer, uuid) from public;
grant execute on function audit.sync_finished(text, text, integer, boolean, text, integer, uuid) to bulkhead_mail_sync, bulkhead_crm, bulkhead_billing, bulkhead_ai;
