create or replace function mail.import_messages(inbox_id uuid, source app.secret) returns mail.imports
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_workspace_id uuid := session.require('messages.import');
  v_import mail.imports;
begin
  if not exists (select from mail.inboxes i where i.workspace_id = v_workspace_id and i.id = import_messages.inbox_id) then
    raise exception using errcode = 'ZM002', message = 'there is no such inbox';
  end if;
  insert into mail.imports (workspace_id, inbox_id, requested_by)
  values (v_workspace_id, import_messages.inbox_id, session.person_id())
  returning * into v_import;
  insert into mail.import_sources (workspace_id, id, sealed_source) values (v_workspace_id, v_import.id, source);
  perform queue.enqueue_mail_sync('import_messages', jsonb_build_object(
    'import_id', v_import.id, 'ticket_id', session.issue_ticket('mail_sync')
  ));
  return v_import;
end
$$;
comment on function mail.import_messages(uuid, app.secret) is
  'Imports one MIME message, or an mbox of many, into an inbox: as text, or its bytes in base64. It is encrypted as it arrives and read by a worker; watch the import''s status. A message that is here already stays as it is.';
revoke all on function mail.import_messages(uuid, app.secret) from public;
grant execute on function mail.import_messages(uuid, app.secret) to bulkhead_member;
