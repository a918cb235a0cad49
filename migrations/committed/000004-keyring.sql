--! Previous: sha1:7d487472a69481a62702e35e8c0b0e736197c3b4
--! Hash: sha1:f76e6a87a7e88c9c55911278b285e678c5f47888
--! Message: keyring

set local role bulkhead_owner;

-- Wrapped workspace keys. The key that wraps them is never in this database, so a copy of it opens nothing.
create table keyring.workspace_keys (
  workspace_id uuid not null references tenancy.workspaces (id) on delete cascade,
  id uuid not null default app.uuid_v7(),
  purpose text not null constraint workspace_key_purpose_is_known check (purpose in ('content', 'index')),
  version integer not null constraint workspace_key_version_is_positive check (version > 0),
  -- Which key-encryption key wrapped it, for example local:v1.
  kek text not null,
  wrapped text not null constraint workspace_key_wrapped_length check (length(wrapped) between 32 and 4000),
  created_at timestamptz not null default now(),
  -- A superseded version opens what it sealed and seals nothing new.
  superseded_at timestamptz,
  constraint workspace_keys_pkey primary key (workspace_id, id),
  constraint workspace_key_version_unique unique (workspace_id, purpose, version)
);
create unique index workspace_key_one_current on keyring.workspace_keys (workspace_id, purpose) where superseded_at is null;

comment on table keyring.workspace_keys is 'Versioned workspace keys, wrapped by a key-encryption key from outside this database.';

reset role;
