--! Previous: sha1:56db1a8c14266dc2de9f75aa295b1140a32e7321
--! Hash: sha1:5216b55d4919b1547b415a622c1164a612fae52e
--! Message: mail

set local role bulkhead_owner;

create table mail.inboxes (
  workspace_id uuid not null references tenancy.workspaces (id),
  id uuid not null default app.uuid_v7(),
  name text not null constraint inbox_name_length check (length(name) between 1 and 100),
  created_at timestamptz not null default now(),
  constraint inboxes_pkey primary key (workspace_id, id),
  constraint inbox_name_unique unique (workspace_id, name)
);

create table mail.conversations (
  workspace_id uuid not null references tenancy.workspaces (id),
  id uuid not null default app.uuid_v7(),
  inbox_id uuid not null,
  message_count integer not null default 0,
  last_message_at timestamptz not null,
  created_at timestamptz not null default now(),
  constraint conversations_pkey primary key (workspace_id, id),
  constraint conversation_inbox foreign key (workspace_id, inbox_id)
    references mail.inboxes (workspace_id, id) on delete cascade
);
-- The list of an inbox, newest first.
create index conversations_by_inbox on mail.conversations (workspace_id, inbox_id, last_message_at desc, id desc);
create index conversations_by_time on mail.conversations (workspace_id, last_message_at desc, id desc);

create table mail.imports (
  workspace_id uuid not null references tenancy.workspaces (id),
  id uuid not null default app.uuid_v7(),
  inbox_id uuid not null,
  requested_by uuid not null,
  status text not null default 'queued' constraint import_status_is_known check (status in ('queued', 'running', 'done', 'failed')),
  imported_count integer not null default 0,
  unchanged_count integer not null default 0,
  failed_count integer not null default 0,
  total_count integer,
  error_code text,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  constraint imports_pkey primary key (workspace_id, id),
  constraint import_inbox foreign key (workspace_id, inbox_id) references mail.inboxes (workspace_id, id) on delete cascade,
  constraint import_requester foreign key (workspace_id, requested_by) references tenancy.people (workspace_id, id) on delete cascade
);
create index imports_by_inbox on mail.imports (workspace_id, inbox_id, created_at desc);
create index imports_by_requester on mail.imports (workspace_id, requested_by);

-- What a person asked to import: one message or an mbox, sealed to the worker before it got here. Bound to this workspace and
-- person, so that a copy of it opens nowhere else; deleted as soon as the import is done. Apart from the import's progress,
-- which changes with each message: every audited change of a row costs what the row is large.
create table mail.import_sources (
  workspace_id uuid not null references tenancy.workspaces (id),
  -- The import's own id.
  id uuid not null,
  sealed_source app.secret not null,
  constraint import_sources_pkey primary key (workspace_id, id),
  constraint import_source_import foreign key (workspace_id, id) references mail.imports (workspace_id, id) on delete cascade
);

create table mail.import_errors (
  workspace_id uuid not null references tenancy.workspaces (id),
  id uuid not null default app.uuid_v7(),
  import_id uuid not null,
  -- Which message of the import, from 1.
  position integer not null,
  code text not null constraint import_error_code_shape check (code ~ '^[A-Z][A-Z0-9_]+$'),
  message text not null,
  constraint import_errors_pkey primary key (workspace_id, id),
  constraint import_error_position_unique unique (workspace_id, import_id, position),
  constraint import_error_import foreign key (workspace_id, import_id)
    references mail.imports (workspace_id, id) on delete cascade
);

create table mail.messages (
  workspace_id uuid not null references tenancy.workspaces (id),
  id uuid not null default app.uuid_v7(),
  inbox_id uuid not null,
  conversation_id uuid not null,
  import_id uuid,
  -- A keyed hash of the Message-ID under the workspace's index key: it finds duplicates and threads, and says nothing.
  message_id_hash bytea not null constraint message_id_hash_is_32_bytes check (octet_length(message_id_hash) = 32),
  sent_at timestamptz,
  received_at timestamptz not null default now(),
  -- sent_at, or received_at where the message tells no time.
  sort_at timestamptz not null,
  size integer not null,
  attachment_count integer not null default 0,
  -- Two JWEs, each under its own content key: what a list needs, and the body.
  sealed_subject text not null,
  sealed_body text not null,
  constraint messages_pkey primary key (workspace_id, id),
  constraint message_id_unique unique (workspace_id, inbox_id, message_id_hash),
  constraint message_conversation foreign key (workspace_id, conversation_id)
    references mail.conversations (workspace_id, id) on delete cascade,
  constraint message_inbox foreign key (workspace_id, inbox_id) references mail.inboxes (workspace_id, id) on delete cascade,
  constraint message_import foreign key (workspace_id, import_id)
    references mail.imports (workspace_id, id) on delete set null (import_id)
);
create index messages_by_conversation on mail.messages (workspace_id, conversation_id, sort_at, id);
create index messages_by_time on mail.messages (workspace_id, sort_at desc, id desc);
create index messages_by_import on mail.messages (workspace_id, import_id);

-- Every Message-ID that a message names, hashed: a reply finds its conversation whichever of the two came first.
create table mail.message_references (
  workspace_id uuid not null references tenancy.workspaces (id),
  id uuid not null default app.uuid_v7(),
  message_id uuid not null,
  inbox_id uuid not null,
  referenced_hash bytea not null constraint referenced_hash_is_32_bytes check (octet_length(referenced_hash) = 32),
  constraint message_references_pkey primary key (workspace_id, id),
  constraint message_reference_once unique (workspace_id, message_id, referenced_hash),
  constraint message_reference_message foreign key (workspace_id, message_id)
    references mail.messages (workspace_id, id) on delete cascade,
  constraint message_reference_inbox foreign key (workspace_id, inbox_id)
    references mail.inboxes (workspace_id, id) on delete cascade
);
create index message_references_by_hash on mail.message_references (workspace_id, inbox_id, referenced_hash);

create table mail.attachments (
  workspace_id uuid not null references tenancy.workspaces (id),
  id uuid not null default app.uuid_v7(),
  message_id uuid not null,
  position integer not null,
  size integer not null,
  -- A JWE of name, type and bytes.
  sealed_content text not null,
  constraint attachments_pkey primary key (workspace_id, id),
  constraint attachment_position_unique unique (workspace_id, message_id, position),
  constraint attachment_message foreign key (workspace_id, message_id)
    references mail.messages (workspace_id, id) on delete cascade
);

comment on table mail.inboxes is 'A shared inbox.';
comment on column mail.inboxes.workspace_id is 'The workspace.';
comment on column mail.inboxes.id is 'The inbox''s id.';
comment on column mail.inboxes.name is 'The inbox''s name, unique in the workspace.';
comment on column mail.inboxes.created_at is 'When it was created.';
comment on table mail.conversations is 'A conversation: messages that answer each other.';
comment on column mail.conversations.workspace_id is 'The workspace.';
comment on column mail.conversations.id is 'The conversation''s id.';
comment on column mail.conversations.inbox_id is 'The inbox that it is in.';
comment on column mail.conversations.message_count is 'How many messages it has.';
comment on column mail.conversations.last_message_at is 'When its newest message was sent.';
comment on column mail.conversations.created_at is 'When it was first seen here.';
comment on table mail.imports is 'An import of messages: its progress and its outcome.';
comment on column mail.imports.workspace_id is 'The workspace.';
comment on column mail.imports.id is 'The import''s id.';
comment on column mail.imports.inbox_id is 'The inbox that it imports into.';
comment on column mail.imports.requested_by is 'Who asked for it.';
comment on column mail.imports.status is '`queued`, `running`, `done` or `failed`.';
comment on column mail.imports.imported_count is 'How many messages came in.';
comment on column mail.imports.unchanged_count is 'How many were here already.';
comment on column mail.imports.failed_count is 'How many could not be read: see the import''s errors.';
comment on column mail.imports.total_count is 'How many messages the import holds, once that is known.';
comment on column mail.imports.error_code is 'Why the import as a whole failed, if it did.';
comment on column mail.imports.created_at is 'When it was asked for.';
comment on column mail.imports.finished_at is 'When it ended.';
comment on table mail.import_sources is 'The sealed messages of an import that is not done yet.';
comment on table mail.import_errors is 'One message of an import that could not be read.';
comment on column mail.import_errors.workspace_id is 'The workspace.';
comment on column mail.import_errors.id is 'The error''s id.';
comment on column mail.import_errors.import_id is 'The import.';
comment on column mail.import_errors.position is 'Which message of the import, counted from 1.';
comment on column mail.import_errors.code is 'A stable code, for example `MIME_NO_HEADERS`.';
comment on column mail.import_errors.message is 'What is wrong, in words; never the message''s content.';
comment on table mail.messages is 'A message. Its subject and body are stored encrypted and opened for you on request.';
comment on column mail.messages.workspace_id is 'The workspace.';
comment on column mail.messages.id is 'The message''s id.';
comment on column mail.messages.inbox_id is 'The inbox that it is in.';
comment on column mail.messages.conversation_id is 'The conversation that it belongs to.';
comment on column mail.messages.import_id is 'The import that brought it.';
comment on column mail.messages.message_id_hash is 'A keyed hash of its Message-ID.';
comment on column mail.messages.sent_at is 'When it says that it was sent.';
comment on column mail.messages.received_at is 'When it came in here.';
comment on column mail.messages.sort_at is 'The time that it is sorted by: sent, or else received.';
comment on column mail.messages.size is 'Its size in bytes.';
comment on column mail.messages.attachment_count is 'How many attachments it has.';
comment on column mail.messages.sealed_subject is 'Subject and participants, encrypted.';
comment on column mail.messages.sealed_body is 'The body, encrypted.';
comment on table mail.message_references is 'Keyed hashes of the Message-IDs that a message answers.';
comment on table mail.attachments is 'An attachment, encrypted.';
comment on column mail.attachments.workspace_id is 'The workspace.';
comment on column mail.attachments.id is 'The attachment''s id.';
comment on column mail.attachments.message_id is 'The message that it belongs to.';
comment on column mail.attachments.position is 'Which attachment of the message, counted from 1.';
comment on column mail.attachments.size is 'Its size in bytes.';

reset role;
