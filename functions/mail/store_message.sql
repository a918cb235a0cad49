-- One message, its place in a conversation and the import's progress, in one transaction: a worker that dies between two
-- messages leaves none half stored, and the next one goes on where it stopped.
create or replace function mail.store_message(
  import_id uuid, message_number integer, message_id uuid, message_id_hash bytea, candidate_hashes bytea[], sent_at timestamptz,
  size integer, sealed_subject text, sealed_body text, attachment_ids uuid[], attachment_sizes integer[], sealed_attachments text[]
) returns text
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_import mail.imports;
  v_conversation_id uuid;
  v_sort_at timestamptz := coalesce(sent_at, clock_timestamp());
begin
  select * into v_import from mail.imports i
  where i.workspace_id = session.workspace_id() and i.id = store_message.import_id and i.status = 'running' for update;
  if not found then
    raise exception using errcode = 'ZM003', message = 'that import is not running';
  end if;
  if message_number <> v_import.imported_count + v_import.unchanged_count + v_import.failed_count + 1 then
    raise exception using errcode = 'ZM004', message = 'that message of the import is done already';
  end if;
  -- A message is sealed as a whole under one version of the key.
  perform keyring.hold_version('content', keyring.sealed_version(store_message.sealed_subject));
  -- One at a time per inbox: two messages of one conversation do not each begin it.
  perform from mail.inboxes i where i.workspace_id = v_import.workspace_id and i.id = v_import.inbox_id for update;

  if exists (
    select from mail.messages m
    where m.workspace_id = v_import.workspace_id and m.inbox_id = v_import.inbox_id
      and m.message_id_hash = store_message.message_id_hash
  ) then
    update mail.imports i set unchanged_count = i.unchanged_count + 1
    where i.workspace_id = v_import.workspace_id and i.id = v_import.id;
    return 'unchanged';
  end if;

  -- The conversation of the nearest ancestor; or of a message that answers this one; or of one that answers the same.
  select m.conversation_id into v_conversation_id
  from unnest(candidate_hashes) with ordinality as c (hash, nearness)
  join mail.messages m on m.workspace_id = v_import.workspace_id and m.inbox_id = v_import.inbox_id and m.message_id_hash = c.hash
  order by c.nearness limit 1;
  if v_conversation_id is null then
    select m.conversation_id into v_conversation_id
    from mail.message_references r
    join mail.messages m on m.workspace_id = r.workspace_id and m.id = r.message_id
    where r.workspace_id = v_import.workspace_id and r.inbox_id = v_import.inbox_id
      and r.referenced_hash = any (store_message.message_id_hash || candidate_hashes)
    order by m.sort_at limit 1;
  end if;

  if v_conversation_id is null then
    insert into mail.conversations (workspace_id, inbox_id, message_count, last_message_at)
    values (v_import.workspace_id, v_import.inbox_id, 1, v_sort_at)
    returning id into v_conversation_id;
  else
    update mail.conversations c
    set message_count = c.message_count + 1, last_message_at = greatest(c.last_message_at, v_sort_at)
    where c.workspace_id = v_import.workspace_id and c.id = v_conversation_id;
  end if;

  insert into mail.messages (
    workspace_id, id, inbox_id, conversation_id, import_id, message_id_hash, sent_at, sort_at, size, attachment_count,
    sealed_subject, sealed_body
  ) values (
    v_import.workspace_id, store_message.message_id, v_import.inbox_id, v_conversation_id, v_import.id,
    store_message.message_id_hash, store_message.sent_at, v_sort_at, store_message.size, cardinality(attachment_ids),
    store_message.sealed_subject, store_message.sealed_body
  );
  insert into mail.message_references (workspace_id, message_id, inbox_id, referenced_hash)
  select distinct v_import.workspace_id, store_message.message_id, v_import.inbox_id, h from unnest(candidate_hashes) h;
  insert into mail.attachments (workspace_id, id, message_id, position, size, sealed_content)
  select v_import.workspace_id, a.id, store_message.message_id, a.position, a.size, a.content
  from unnest(attachment_ids, attachment_sizes, sealed_attachments) with ordinality as a (id, size, content, position);
  update mail.imports i set imported_count = i.imported_count + 1
  where i.workspace_id = v_import.workspace_id and i.id = v_import.id;
  return 'imported';
end
$$;
comment on function mail.store_message(uuid, integer, uuid, bytea, bytea[], timestamptz, integer, text, text, uuid[], integer[], text[]) is
  'Stores one sealed message of an import in its conversation; says imported or unchanged.';
revoke all on function mail.store_message(uuid, integer, uuid, bytea, bytea[], timestamptz, integer, text, text, uuid[], integer[], text[]) from public;
grant execute on function mail.store_message(uuid, integer, uuid, bytea, bytea[], timestamptz, integer, text, text, uuid[], integer[], text[]) to bulkhead_mail_sync;
