create or replace function audit.finish_export(export_id uuid, error_code text default null) returns void
language sql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
  update audit.exports x set status = case when finish_export.error_code is null then 'done' else 'failed' end,
    error_code = finish_export.error_code, finished_at = clock_timestamp()
  where x.workspace_id = session.workspace_id() and x.id = finish_export.export_id and x.status = 'running'
$$;
comment on function audit.finish_export(uuid, text) is 'Ends an export.';
revoke all on function audit.finish_export(uuid, text) from public;
grant execute on function audit.finish_export(uuid, text) to bulkhead_notary;
