--! Previous: sha1:e928d76b07ca78530880bb6b261f3882cc44d8a3
--! Hash: sha1:920fc7f9a5abceb299ae7c9207b0dbd52932ed67
--! Message: connections

create schema connections authorization bulkhead_owner;
comment on schema connections is 'People''s connections to mailboxes and other systems. Credentials are stored as ciphertext only.';

set local role bulkhead_owner;

insert into tenancy.permissions (key, description) values
  ('connections.read', 'See one''s own connections'),
  ('connections.manage', 'Connect, check and disconnect one''s own accounts'),
  ('connections.oversee', 'See which accounts the people of the workspace have connected');
insert into tenancy.role_permissions (role_key, permission_key)
select r.role_key, p.permission_key
from (values ('owner'), ('admin'), ('manager'), ('operator'), ('user')) as r (role_key),
  (values ('connections.read'), ('connections.manage')) as p (permission_key)
union all
values ('owner', 'connections.oversee'), ('admin', 'connections.oversee');

-- Keys for credentials of their own: a key that opens mail opens no credential.
alter table keyring.workspace_keys drop constraint workspace_key_purpose_is_known;
alter table keyring.workspace_keys add constraint workspace_key_purpose_is_known
  check (purpose in ('content', 'index', 'credential'));

-- What can be connected, as the worker's services say at their start: the same for every workspace, and no secret.
create table connections.providers (
  provider text not null constraint provider_is_known check (
    provider in ('google', 'microsoft', 'nylas', 'salesforce', 'gong', 'granola', 'smtp_imap')),
  profile text not null constraint profile_shape check (profile ~ '^[a-z_]{1,40}$'),
  service text not null constraint provider_service_is_known check (service in ('mail_sync', 'crm')),
  kind text not null constraint provider_kind_is_known check (kind in ('oauth', 'secret')),
  -- The provider's own consent screen, up to state and PKCE challenge, which are appended.
  authorize_url text constraint authorize_url_length check (length(authorize_url) <= 4000),
  pkce text not null constraint pkce_is_known check (pkce in ('S256', 'nylas', 'none')),
  scopes text[] not null,
  constraint providers_pkey primary key (provider, profile),
  constraint oauth_has_a_consent_screen check ((kind = 'oauth') = (authorize_url is not null))
);

create table connections.connections (
  workspace_id uuid not null references tenancy.workspaces (id),
  id uuid not null default app.uuid_v7(),
  person_id uuid not null,
  provider text not null,
  profile text not null,
  service text not null,
  state text not null default 'pending' constraint connection_state_is_known check (
    state in ('pending', 'connected', 'reconnect_needed', 'disconnected', 'failed')),
  -- Whose account it is at the provider: known once connected.
  account_id text constraint connection_account_length check (length(account_id) between 1 and 600),
  account_label text constraint connection_label_length check (length(account_label) between 1 and 600),
  scopes text[] not null default '{}',
  last_error_code text constraint connection_error_shape check (last_error_code ~ '^[A-Z][A-Z0-9_]{2,63}$'),
  -- What came of taking it back at the provider.
  revocation text constraint connection_revocation_is_known check (
    revocation in ('pending', 'revoked', 'unknown', 'unsupported', 'failed')),
  -- Counts credentials, and never goes back: an old ciphertext that is put back belongs to an older version.
  version integer not null default 0,
  -- Which workspace key the credential is sealed under.
  key_version integer,
  refresh_failures integer not null default 0,
  created_at timestamptz not null default now(),
  connected_at timestamptz,
  last_used_at timestamptz,
  disconnected_at timestamptz,
  constraint connections_pkey primary key (workspace_id, id),
  constraint connection_person foreign key (workspace_id, person_id)
    references tenancy.people (workspace_id, id) on delete cascade,
  constraint connection_provider foreign key (provider, profile) references connections.providers (provider, profile),
  constraint connected_has_an_account check (state not in ('connected', 'reconnect_needed') or account_id is not null),
  constraint disconnected_has_a_time check ((state = 'disconnected') = (disconnected_at is not null))
);
-- One connection per person and provider account: never shared, never double.
create unique index connection_once on connections.connections (workspace_id, person_id, provider, account_id)
  where state in ('connected', 'reconnect_needed');
create index connections_by_person on connections.connections (workspace_id, person_id);
create index connections_by_provider on connections.connections (provider, profile);

-- The credential: a JWE under a workspace key, bound to workspace, connection, provider, person and version.
create table connections.credentials (
  workspace_id uuid not null references tenancy.workspaces (id),
  id uuid not null default app.uuid_v7(),
  connection_id uuid not null,
  version integer not null,
  sealed text not null constraint credential_is_sealed check (sealed ~ '^eyJ[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){4}$'),
  -- What it takes to revoke it, sealed apart for that use alone; null where the provider has no way.
  sealed_revocation text constraint revocation_is_sealed check (sealed_revocation ~ '^eyJ[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){4}$'),
  key_version integer not null,
  expires_at timestamptz,
  -- Who refreshes it now: one at a time, until then.
  refresh_fence uuid,
  refresh_until timestamptz,
  -- Not before then, after a failure.
  refresh_after timestamptz,
  created_at timestamptz not null default now(),
  constraint credentials_pkey primary key (workspace_id, id),
  constraint credential_one_per_connection unique (workspace_id, connection_id),
  constraint credential_connection foreign key (workspace_id, connection_id)
    references connections.connections (workspace_id, id) on delete cascade,
  constraint refresh_is_whole check ((refresh_fence is null) = (refresh_until is null))
);

-- A password or key that waits to be tried, sealed to the worker; gone as soon as that takes it.
create table connections.intake (
  workspace_id uuid not null references tenancy.workspaces (id),
  id uuid not null default app.uuid_v7(),
  connection_id uuid not null,
  ticket_id uuid not null,
  sealed app.secret not null,
  created_at timestamptz not null default now(),
  constraint intake_pkey primary key (workspace_id, id),
  constraint intake_connection foreign key (workspace_id, connection_id)
    references connections.connections (workspace_id, id) on delete cascade
);
create index intake_by_connection on connections.intake (workspace_id, connection_id);

-- What may use a connection: a job of its service, by its ticket. Held while the connection waits for its owner.
create table connections.jobs (
  workspace_id uuid not null references tenancy.workspaces (id),
  id uuid not null default app.uuid_v7(),
  connection_id uuid not null,
  service text not null,
  task text not null constraint job_task_shape check (task ~ '^[a-z_]{1,60}$'),
  -- Ids only, never content.
  payload jsonb not null default '{}' constraint job_payload_length check (length(payload::text) <= 2000),
  status text not null default 'queued' constraint job_status_is_known check (status in ('queued', 'held', 'done', 'cancelled')),
  ticket_id uuid,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  constraint jobs_pkey primary key (workspace_id, id),
  constraint job_connection foreign key (workspace_id, connection_id)
    references connections.connections (workspace_id, id) on delete cascade
);
create index jobs_by_connection on connections.jobs (workspace_id, connection_id, status);
create index jobs_by_ticket on connections.jobs (workspace_id, ticket_id);

-- A grant that is being given back at its provider, after its credential is gone. Sealed for that one call.
create table connections.revocations (
  workspace_id uuid not null references tenancy.workspaces (id),
  id uuid not null default app.uuid_v7(),
  connection_id uuid not null,
  provider text not null,
  profile text not null,
  person_id uuid not null,
  version integer not null,
  sealed_revocation text not null,
  created_at timestamptz not null default now(),
  constraint revocations_pkey primary key (workspace_id, id),
  constraint revocation_connection foreign key (workspace_id, connection_id)
    references connections.connections (workspace_id, id) on delete cascade
);
create index revocations_by_connection on connections.revocations (workspace_id, connection_id);

-- Every call to a provider: who was asked what, and whether it went well. Never an address, a header or a body.
create table connections.calls (
  workspace_id uuid not null references tenancy.workspaces (id),
  id uuid not null default app.uuid_v7(),
  connection_id uuid not null,
  provider text not null,
  operation text not null constraint call_operation_shape check (operation ~ '^[a-z_.]{1,60}$'),
  success boolean not null,
  error_code text constraint call_error_shape check (error_code ~ '^[A-Z][A-Z0-9_]{2,63}$'),
  duration_ms integer not null constraint call_duration_is_not_negative check (duration_ms >= 0),
  occurred_at timestamptz not null default clock_timestamp(),
  constraint calls_pkey primary key (workspace_id, id),
  constraint call_connection foreign key (workspace_id, connection_id)
    references connections.connections (workspace_id, id) on delete cascade
);
create index calls_by_connection on connections.calls (workspace_id, connection_id, id desc);

-- Work on a workspace's keys: asked for by an owner, done by the services that hold them, with its progress.
create table tenancy.key_operations (
  workspace_id uuid not null references tenancy.workspaces (id),
  id uuid not null default app.uuid_v7(),
  requested_by uuid,
  service text not null constraint key_operation_service_is_known check (service in ('mail_sync', 'crm')),
  kind text not null constraint key_operation_kind_is_known check (kind in ('rotate', 'rewrap', 'reencrypt')),
  purpose text constraint key_operation_purpose_is_known check (purpose in ('content', 'credential')),
  version integer,
  status text not null default 'queued' constraint key_operation_status_is_known check (status in ('queued', 'done', 'failed')),
  done_count integer not null default 0,
  total_count integer,
  error_code text constraint key_operation_error_shape check (error_code ~ '^[A-Z][A-Z0-9_]{2,63}$'),
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  constraint key_operations_pkey primary key (workspace_id, id),
  constraint key_operation_requester foreign key (workspace_id, requested_by)
    references tenancy.people (workspace_id, id) on delete set null (requested_by)
);
create index key_operations_by_requester on tenancy.key_operations (workspace_id, requested_by);

create type tenancy.key_version as (
  purpose text, version integer, key_encryption_key text, is_current boolean, created_at timestamptz, ciphertext_count bigint
);
comment on type tenancy.key_version is 'One version of one of the workspace''s keys, and what still names it.';
comment on column tenancy.key_version.purpose is 'What the key is for: `content`, `credential` or `index`.';
comment on column tenancy.key_version.version is 'The version, from 1.';
comment on column tenancy.key_version.key_encryption_key is 'Which key-encryption key wraps it.';
comment on column tenancy.key_version.is_current is 'Whether new ciphertext is sealed under it.';
comment on column tenancy.key_version.created_at is 'When it was made.';
comment on column tenancy.key_version.ciphertext_count is 'How many ciphertexts name it: credentials, or subjects and bodies of messages. Null for the index key.';

comment on table tenancy.key_operations is 'Work on the workspace''s keys, and its progress.';
comment on column tenancy.key_operations.workspace_id is 'The workspace.';
comment on column tenancy.key_operations.id is 'The operation''s id.';
comment on column tenancy.key_operations.requested_by is 'Who asked for it; null: whoever runs the system.';
comment on column tenancy.key_operations.service is 'Which worker service does it.';
comment on column tenancy.key_operations.kind is '`rotate`: a new version, for what is sealed from now on; `rewrap`: all versions under the current key-encryption key; `reencrypt`: everything that one version sealed, under the current one, after which that version is destroyed.';
comment on column tenancy.key_operations.purpose is 'Which of the workspace''s keys.';
comment on column tenancy.key_operations.version is '`rotate`: the version that came of it; `reencrypt`: the version that goes.';
comment on column tenancy.key_operations.status is '`queued`, `done` or `failed`.';
comment on column tenancy.key_operations.done_count is 'How many keys or ciphertexts are done.';
comment on column tenancy.key_operations.total_count is 'How many there are to do.';
comment on column tenancy.key_operations.error_code is 'Why it failed, if it did.';
comment on column tenancy.key_operations.created_at is 'When it was asked for.';
comment on column tenancy.key_operations.finished_at is 'When it ended.';

comment on table connections.providers is 'What can be connected, and which scopes each profile asks for.';
comment on column connections.providers.provider is 'The provider, for example `google`.';
comment on column connections.providers.profile is 'What the connection is for, for example `mailbox`; fixed at consent.';
comment on column connections.providers.kind is '`oauth`: `startConnection`; `secret`: `connectWithSecret`.';
comment on column connections.providers.scopes is 'What is asked for at the provider, exactly.';
comment on table connections.connections is 'A person''s connection to their own account at a provider.';
comment on column connections.connections.workspace_id is 'The workspace.';
comment on column connections.connections.id is 'The connection''s id.';
comment on column connections.connections.person_id is 'Whose it is.';
comment on column connections.connections.provider is 'The provider, for example `google`.';
comment on column connections.connections.profile is 'What it is for; fixed at consent.';
comment on column connections.connections.state is '`pending`: consent is under way; `connected`; `reconnect_needed`: the provider no longer honours it; `disconnected`; `failed`.';
comment on column connections.connections.account_label is 'The account, for people: mostly an address.';
comment on column connections.connections.scopes is 'What the provider granted.';
comment on column connections.connections.last_error_code is 'Why it does not work, as a stable code.';
comment on column connections.connections.revocation is 'After disconnecting, what the provider said: `pending`, `revoked`, `unknown` (it did not know the grant any more), `unsupported` (it offers no way: remove the product in your account there) or `failed`.';
comment on column connections.connections.version is 'Counts its credentials.';
comment on column connections.connections.key_version is 'Which version of the workspace''s key its credential is sealed under.';
comment on column connections.connections.created_at is 'When consent began.';
comment on column connections.connections.connected_at is 'When it was connected last.';
comment on column connections.connections.last_used_at is 'When a job last opened it.';
comment on column connections.connections.disconnected_at is 'When it was disconnected.';
comment on table connections.credentials is 'Credentials, encrypted. Gone at disconnection.';
comment on table connections.intake is 'Sealed passwords and keys that wait to be tried.';
comment on table connections.jobs is 'Jobs that may use a connection.';
comment on table connections.revocations is 'Grants that are being given back at their provider.';
comment on table connections.calls is 'Calls to providers: what was asked, whether it went well, how long it took.';
comment on column connections.calls.workspace_id is 'The workspace.';
comment on column connections.calls.id is 'The call''s id.';
comment on column connections.calls.connection_id is 'The connection that it was made for.';
comment on column connections.calls.provider is 'The provider.';
comment on column connections.calls.operation is 'What was asked, for example `messages.list`; `refused` if it was stopped before it left.';
comment on column connections.calls.success is 'Whether it went well.';
comment on column connections.calls.error_code is 'Why not.';
comment on column connections.calls.duration_ms is 'Milliseconds.';
comment on column connections.calls.occurred_at is 'When it ended.';

reset role;
set local role bulkhead_keeper;

-- A consent under way. Here, because the provider's answer comes by a browser's address bar, without a session:
-- what names the workspace then is this row, found by the state's hash and bound to the browser and the sign-in.
create table session.connection_attempts (
  id uuid primary key default app.uuid_v7(),
  state_hash bytea not null constraint connection_state_unique unique,
  browser_hash bytea not null,
  sign_in_id uuid not null references session.sign_ins (id) on delete cascade,
  -- The right of the worker service to finish it; gone with the membership.
  ticket_id uuid not null references session.tickets (id) on delete cascade,
  workspace_id uuid not null references tenancy.workspaces (id) on delete cascade,
  connection_id uuid not null,
  service text not null,
  return_to text not null,
  sealed_verifier text not null,
  -- The provider's code, sealed to the worker; or, without one, that the person declined.
  sealed_code text,
  called_back_at timestamptz,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null default now() + interval '10 minutes'
);
create index connection_attempts_by_expiry on session.connection_attempts (expires_at);
create index connection_attempts_by_sign_in on session.connection_attempts (sign_in_id);
create index connection_attempts_by_ticket on session.connection_attempts (ticket_id);
create index connection_attempts_by_workspace on session.connection_attempts (workspace_id);
comment on table session.connection_attempts is 'Consents under way at a provider. Single use, ten minutes.';

reset role;
