create or replace function mail.take_import(import_id uuid)
returns table (workspace_id uuid, inbox_id uuid, requested_by uuid, sealed_source text, processed_count integer)
language sql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
  update mail.imports i set status = 'running'
  from mail.import_sources s
  where i.workspace_id = session.workspace_id() and i.id = import_id and i.status in ('queued', 'running')
    and s.workspace_id = i.workspace_id and s.id = i.id
  returning i.workspace_id, i.inbox_id, i.requested_by, s.sealed_source, i.imported_count + i.unchanged_count + i.failed_count
$$;
comment on function mail.take_import(uuid) is 'An import to work on: its sealed source, and how many messages of it are done already.';
revoke all on function mail.take_import(uuid) from public;
grant execute on function mail.take_import(uuid) to bulkhead_mail_sync;
