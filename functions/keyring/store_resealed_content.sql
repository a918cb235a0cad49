-- Only over the very ciphertext that was taken.
create or replace function keyring.store_resealed_content(operation_id uuid, kind text, row_id uuid, former text, sealed text) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  update tenancy.key_operations o set done_count = o.done_count + 1
  where o.workspace_id = session.workspace_id() and o.id = operation_id and o.kind = 'reencrypt' and o.status = 'queued'
    and o.purpose = 'content' and session_user = 'bulkhead_' || o.service;
  if not found then
    return;
  end if;
  perform keyring.hold_version('content', keyring.sealed_version(store_resealed_content.sealed));
  case store_resealed_content.kind
    when 'mail.subject' then
      update mail.messages m set sealed_subject = store_resealed_content.sealed
      where m.workspace_id = session.workspace_id() and m.id = store_resealed_content.row_id and m.sealed_subject = former;
    when 'mail.body' then
      update mail.messages m set sealed_body = store_resealed_content.sealed
      where m.workspace_id = session.workspace_id() and m.id = store_resealed_content.row_id and m.sealed_body = former;
    when 'mail.attachment' then
      update mail.attachments a set sealed_content = store_resealed_content.sealed
      where a.workspace_id = session.workspace_id() and a.id = store_resealed_content.row_id and a.sealed_content = former;
  end case;
end
$$;
comment on function keyring.store_resealed_content(uuid, text, uuid, text, text) is 'Replaces a ciphertext of mail by one under another version of the key.';
revoke all on function keyring.store_resealed_content(uuid, text, uuid, text, text) from public;
grant execute on function keyring.store_resealed_content(uuid, text, uuid, text, text) to bulkhead_mail_sync;
