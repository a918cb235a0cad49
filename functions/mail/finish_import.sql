-- The sealed source goes as soon as it is done with.
create or replace function mail.finish_import(import_id uuid, total_count integer, error_code text default null) returns void
language sql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
  update mail.imports i
  set status = case when finish_import.error_code is null then 'done' else 'failed' end, total_count = finish_import.total_count,
    error_code = finish_import.error_code, finished_at = clock_timestamp()
  where i.workspace_id = session.workspace_id() and i.id = import_id and i.status in ('queued', 'running');
  delete from mail.import_sources s where s.workspace_id = session.workspace_id() and s.id = import_id;
$$;
comment on function mail.finish_import(uuid, integer, text) is 'Ends an import and deletes its sealed source.';
revoke all on function mail.finish_import(uuid, integer, text) from public;
grant execute on function mail.finish_import(uuid, integer, text) to bulkhead_mail_sync;
