create or replace function mail.refuse_message(import_id uuid, message_number integer, code text, message text) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_import mail.imports;
begin
  update mail.imports i set failed_count = i.failed_count + 1
  where i.workspace_id = session.workspace_id() and i.id = refuse_message.import_id and i.status = 'running'
    and message_number = i.imported_count + i.unchanged_count + i.failed_count + 1
  returning * into v_import;
  if not found then
    raise exception using errcode = 'ZM004', message = 'that message of the import is done already';
  end if;
  insert into mail.import_errors (workspace_id, import_id, position, code, message)
  values (v_import.workspace_id, v_import.id, message_number, refuse_message.code, refuse_message.message);
end
$$;
comment on function mail.refuse_message(uuid, integer, text, text) is 'Notes that one message of an import could not be read.';
revoke all on function mail.refuse_message(uuid, integer, text, text) from public;
grant execute on function mail.refuse_message(uuid, integer, text, text) to bulkhead_mail_sync;
