-- The sealed source goes as soon as it is done with. The end of an import is the end of a sync cycle, and is told of as one.
create or replace function mail.finish_import(import_id uuid, total_count integer, error_code text default null) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_import mail.imports;
begin
  update mail.imports i
  set status = case when finish_import.error_code is null then 'done' else 'failed' end, total_count = finish_import.total_count,
    error_code = finish_import.error_code, finished_at = clock_timestamp()
  where i.workspace_id = session.workspace_id() and i.id = import_id and i.status in ('queued', 'running')
  returning * into v_import;
  delete from mail.import_sources s where s.workspace_id = session.workspace_id() and s.id = import_id;
  if v_import.id is not null then
    perform audit.sync_finished('import', 'messages', v_import.imported_count, v_import.status = 'done', v_import.error_code,
      (extract(epoch from v_import.finished_at - v_import.created_at) * 1000)::integer);
  end if;
end
$$;
comment on function mail.finish_import(uuid, integer, text) is 'Ends an import and deletes its sealed source.';
revoke all on function mail.finish_import(uuid, integer, text) from public;
grant execute on function mail.finish_import(uuid, integer, text) to bulkhead_mail_sync;
