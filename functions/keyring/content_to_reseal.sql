-- For an owner's operation alone. `after` spares reading again what was passed in this run; a run that goes on after a crash
-- begins at the beginning and finds there what the version still names.
create or replace function keyring.content_to_reseal(operation_id uuid, kind text, after uuid, batch integer)
returns table (row_id uuid, sealed text)
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_operation tenancy.key_operations;
begin
  select * into v_operation from tenancy.key_operations o
  where o.workspace_id = session.workspace_id() and o.id = operation_id and o.kind = 'reencrypt' and o.status = 'queued'
    and o.purpose = 'content' and o.total_count is not null and session_user = 'bulkhead_' || o.service;
  if not found then
    return;
  end if;
  case content_to_reseal.kind
    when 'mail.subject' then
      return query select m.id, m.sealed_subject from mail.messages m
      where m.workspace_id = v_operation.workspace_id and (after is null or m.id > after)
        and keyring.sealed_version(m.sealed_subject) = v_operation.version
      order by m.id limit least(batch, 100);
    when 'mail.body' then
      return query select m.id, m.sealed_body from mail.messages m
      where m.workspace_id = v_operation.workspace_id and (after is null or m.id > after)
        and keyring.sealed_version(m.sealed_body) = v_operation.version
      order by m.id limit least(batch, 100);
    when 'mail.attachment' then
      return query select a.id, a.sealed_content from mail.attachments a
      where a.workspace_id = v_operation.workspace_id and (after is null or a.id > after)
        and keyring.sealed_version(a.sealed_content) = v_operation.version
      order by a.id limit least(batch, 100);
  end case;
end
$$;
comment on function keyring.content_to_reseal(uuid, text, uuid, integer) is 'Some of the mail content that a distrusted version sealed, of one kind.';
revoke all on function keyring.content_to_reseal(uuid, text, uuid, integer) from public;
grant execute on function keyring.content_to_reseal(uuid, text, uuid, integer) to bulkhead_mail_sync;
