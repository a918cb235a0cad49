--! Previous: sha1:5216b55d4919b1547b415a622c1164a612fae52e
--! Hash: sha1:b61c6115b8db1552280de5c2b0413db1f14e4931
--! Message: audit

-- The private home of what functions make: the months of the log, and the trigger functions of the tables that it watches.
create schema audit_parts authorization bulkhead_owner;
comment on schema audit_parts is 'What the audit log''s functions make: its months, and the trigger functions of the tables that it watches. Private.';

set local role bulkhead_owner;

insert into tenancy.permissions (key, description) values
  ('audit.export', 'Export the audit log'),
  ('audit.manage', 'Set how long the audit log is kept, and erase people from it');
insert into tenancy.role_permissions (role_key, permission_key)
select r.key, p.key from unnest(array['owner', 'admin']) as r (key), unnest(array['audit.export', 'audit.manage']) as p (key);

-- Partitioned by the month in the id: a version 7 UUID begins with its time, so the key is also the newest-first order.
-- No check constraints: Postgres reads each one's expression anew for every statement, 35 µs for five of them, which is as
-- much as all the rest. The functions that write check instead. One index only: each one more costs every write too. What filters need is indexed in audit.chain, off the write path.
create table audit.events (
  workspace_id uuid not null,
  id uuid not null default app.uuid_v7(),
  occurred_at timestamptz not null default clock_timestamp(),
  -- The writing transaction: what the notary tells late commits by. Not part of what is hashed.
  transaction_id bigint not null default pg_current_xact_id()::text::bigint,
  -- resource.action
  action text collate "C" not null,
  row_id uuid,
  -- Names of the columns that changed; never their values.
  changed_columns text[],
  -- Typed facts, and values of columns that were declared harmless.
  details jsonb,
  -- member, agent, recipient, service, or system for a login outside the running system.
  actor text not null default 'system',
  person_id uuid,
  sign_in_id uuid,
  service text,
  request_id text,
  origin_id uuid,
  constraint events_pkey primary key (workspace_id, id)
) partition by range (id);
-- Almost free to keep, and enough: the notary reads only the last pages.
create index events_by_transaction on audit.events using brin (transaction_id) with (pages_per_range = 16, autosummarize = on);

-- From where: the address and client of a sign-in's requests. The log holds the id alone, so that this can be erased.
create table audit.origins (
  workspace_id uuid not null references tenancy.workspaces (id) on delete cascade,
  id uuid not null default gen_random_uuid(),
  person_id uuid,
  sign_in_id uuid not null,
  digest bytea not null constraint origin_digest_is_32_bytes check (octet_length(digest) = 32),
  -- In clear until the notary seals it, seconds later.
  address text,
  user_agent text,
  sealed text,
  first_seen_at timestamptz not null default clock_timestamp(),
  constraint origins_pkey primary key (workspace_id, id),
  constraint origin_once unique (workspace_id, sign_in_id, digest),
  constraint origin_is_clear_or_sealed check (sealed is null or num_nonnulls(address, user_agent) = 0)
);
create index origins_by_person on audit.origins (workspace_id, person_id);
create index origins_unsealed on audit.origins (workspace_id, id) where sealed is null;

-- Who a pseudonym is: sealed under a key of that person's own. Without the key nobody finds out any more.
create table audit.subjects (
  workspace_id uuid not null references tenancy.workspaces (id) on delete cascade,
  person_id uuid not null,
  -- JWE of the name and address under the subject key.
  sealed text,
  kek text,
  wrapped_key text,
  sealed_at timestamptz not null default clock_timestamp(),
  erased_at timestamptz,
  constraint subjects_pkey primary key (workspace_id, person_id),
  constraint subject_is_sealed_or_erased check (
    num_nonnulls(kek, wrapped_key) in (0, 2) and (erased_at is null or num_nonnulls(sealed, kek, wrapped_key) = 0)
  )
);

-- The chain: one row for each event, in the order that the notary sealed them, with the hash up to and including it.
-- It repeats what the filters look for.
create table audit.chain (
  workspace_id uuid not null,
  position bigint not null constraint chain_position_is_positive check (position > 0),
  event_id uuid not null,
  hash bytea not null constraint chain_hash_is_32_bytes check (octet_length(hash) = 32),
  resource text collate "C" not null,
  action text collate "C" not null,
  row_id uuid,
  person_id uuid,
  request_id text,
  constraint chain_pkey primary key (workspace_id, position, event_id)
) partition by range (event_id);
create index chain_by_resource on audit.chain (workspace_id, resource, event_id);
create index chain_by_action on audit.chain (workspace_id, action, event_id);
create index chain_by_row on audit.chain (workspace_id, row_id, event_id) where row_id is not null;
create index chain_by_person on audit.chain (workspace_id, person_id, event_id) where person_id is not null;
create index chain_by_request on audit.chain (workspace_id, request_id, event_id) where request_id is not null;

-- Signed ends of the chains: one for each workspace and batch.
create table audit.heads (
  workspace_id uuid not null,
  position bigint not null,
  hash bytea not null constraint head_hash_is_32_bytes check (octet_length(hash) = 32),
  sealed_at timestamptz not null,
  -- Compact JWS (EdDSA) over workspace, position, hash and time.
  signature text not null,
  constraint heads_pkey primary key (workspace_id, position)
);

-- One Merkle root over the heads of all workspaces, each signed over the one before it.
create table audit.roots (
  number bigint primary key,
  root bytea not null constraint root_is_32_bytes check (octet_length(root) = 32),
  leaf_count integer not null,
  signed_at timestamptz not null,
  signature text not null
);

-- What shows that a head is under a root.
create table audit.proofs (
  workspace_id uuid not null,
  position bigint not null,
  -- No foreign key: its check would need the right to lock, and so to update, a row of audit.roots.
  root_number bigint not null,
  leaf_index integer not null,
  path bytea[] not null,
  constraint proofs_pkey primary key (workspace_id, root_number)
);

-- Where each chain ends: the notary's own working memory, which the signed heads say again.
create table audit.tips (
  workspace_id uuid primary key,
  position bigint not null,
  hash bytea not null,
  root_number bigint not null default 0,
  -- The last position whose events retention has dropped, and its hash: where an export begins.
  dropped_position bigint not null default 0,
  dropped_hash bytea
);

-- What has been sealed: everything that this snapshot sees. A transaction that it saw running is taken when it has committed.
create table audit.notary_state (
  singleton boolean primary key default true constraint notary_state_has_one_row check (singleton),
  -- A pg_snapshot, as text: the API's introspection knows no such type.
  snapshot text not null,
  sealed_at timestamptz not null default clock_timestamp()
);
insert into audit.notary_state (snapshot) values (pg_current_snapshot()::text);

-- How long a workspace keeps its log. No row: seven years.
create table audit.retention_policies (
  workspace_id uuid primary key references tenancy.workspaces (id) on delete cascade,
  months integer not null constraint retention_months_range check (months between 12 and 240),
  updated_at timestamptz not null default now()
);

-- Where exports are pushed to.
create table audit.sinks (
  workspace_id uuid not null references tenancy.workspaces (id) on delete cascade,
  id uuid not null default app.uuid_v7(),
  name text not null constraint sink_name_length check (length(name) between 1 and 100),
  kind text not null constraint sink_kind_is_known check (kind in ('webhook', 'syslog')),
  -- https://host/path, or host:port of a syslog collector that speaks TLS.
  address text not null constraint sink_address_shape check (
    length(address) <= 500 and case kind when 'webhook' then address ~ '^https://[^\s@]+$' else address ~ '^[A-Za-z0-9.:\[\]-]+:[0-9]{1,5}$' end
  ),
  -- The collector's certificate authority in PEM, where it is not a public one.
  authority text constraint sink_authority_length check (length(authority) <= 20000),
  -- Webhook: the key of the signature over each delivery.
  sealed_key app.secret,
  created_by uuid,
  created_at timestamptz not null default now(),
  constraint sinks_pkey primary key (workspace_id, id),
  constraint sink_name_unique unique (workspace_id, name)
);

create table audit.exports (
  workspace_id uuid not null references tenancy.workspaces (id) on delete cascade,
  id uuid not null default app.uuid_v7(),
  format text not null constraint export_format_is_known check (format in ('ndjson', 'csv', 'ocsf', 'cef')),
  -- Null: kept here to be downloaded.
  sink_id uuid,
  requested_by uuid,
  status text not null default 'queued' constraint export_status_is_known check (status in ('queued', 'running', 'done', 'failed')),
  -- Everything after this position, up to and including that one.
  after_position bigint not null,
  through_position bigint not null,
  -- What has left: a worker that dies goes on from here.
  done_position bigint not null,
  chunk_count integer not null default 0,
  error_code text constraint export_error_code_shape check (error_code ~ '^[A-Z][A-Z0-9_]{0,63}$'),
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  constraint exports_pkey primary key (workspace_id, id),
  constraint export_sink foreign key (workspace_id, sink_id) references audit.sinks (workspace_id, id) on delete set null (sink_id),
  constraint export_range_is_forward check (after_position <= done_position and done_position <= through_position)
);
create index exports_by_sink on audit.exports (workspace_id, sink_id);

create table audit.export_chunks (
  workspace_id uuid not null,
  id uuid not null default app.uuid_v7(),
  export_id uuid not null,
  number integer not null,
  content text not null,
  constraint export_chunks_pkey primary key (workspace_id, id),
  constraint export_chunk_number_unique unique (workspace_id, export_id, number),
  constraint export_chunk_export foreign key (workspace_id, export_id) references audit.exports (workspace_id, id) on delete cascade
);

-- The first months; audit.ensure_partitions makes the later ones ahead.
do $$
declare
  v_month timestamptz := date_trunc('month', now() at time zone 'UTC') at time zone 'UTC' - interval '1 month';
  v_floor text;
  v_ceiling text;
  v_parent text;
begin
  for i in 0..13 loop
    v_floor := rpad(lpad(to_hex((extract(epoch from v_month) * 1000)::bigint), 12, '0'), 32, '0');
    v_ceiling := rpad(lpad(to_hex((extract(epoch from v_month + interval '1 month') * 1000)::bigint), 12, '0'), 32, '0');
    foreach v_parent in array array['events', 'chain'] loop
      execute format('create table audit_parts.%I partition of audit.%I for values from (%L) to (%L)',
        v_parent || '_' || to_char(v_month at time zone 'UTC', 'YYYY_MM'), v_parent, v_floor::uuid, v_ceiling::uuid);
    end loop;
    v_month := v_month + interval '1 month';
  end loop;
end
$$;

comment on table audit.events is 'The audit log: who did what, when, from where. Append-only, and sealed by the notary.';
comment on column audit.events.workspace_id is 'The workspace.';
comment on column audit.events.id is 'The event''s id. Ids are in the order of time.';
comment on column audit.events.occurred_at is 'When it happened, by the database''s clock.';
comment on column audit.events.transaction_id is 'The writing transaction. Private.';
comment on column audit.events.action is 'What was done, as `resource.action`.';
comment on column audit.events.row_id is 'The row that it was done to.';
comment on column audit.events.changed_columns is 'The names of the columns that changed.';
comment on column audit.events.details is 'Typed facts of the event; values only of columns that are declared harmless.';
comment on column audit.events.actor is 'What acted: `member`, `agent`, `recipient`, `service`, or `system` for a login outside the running system.';
comment on column audit.events.person_id is 'Who did it, or on whose behalf: a pseudonym.';
comment on column audit.events.sign_in_id is 'In which sign-in.';
comment on column audit.events.service is 'The worker service that did it, or the login, if it was not the API.';
comment on column audit.events.request_id is 'The request that it was part of, as the API numbered it.';
comment on column audit.events.origin_id is 'From which address and client: see the origin, until it is erased.';
comment on table audit.origins is 'An address and client that a sign-in''s requests came from. Sealed under the person''s key.';
comment on table audit.subjects is 'Who a pseudonym of the audit log is, sealed under a key of that person''s own.';
comment on column audit.subjects.workspace_id is 'The workspace.';
comment on column audit.subjects.person_id is 'The pseudonym.';
comment on column audit.subjects.sealed_at is 'When the person''s name was last sealed.';
comment on column audit.subjects.erased_at is 'When the person was erased: the log then shows a redacted subject.';
comment on table audit.chain is 'The order and the hashes of the audit log.';
comment on table audit.heads is 'Signed ends of the workspaces'' chains.';
comment on column audit.heads.workspace_id is 'The workspace.';
comment on column audit.heads.position is 'The last event that it covers.';
comment on column audit.heads.hash is 'The hash up to and including that event.';
comment on column audit.heads.sealed_at is 'When it was sealed.';
comment on column audit.heads.signature is 'The notary''s signature: a compact JWS.';
comment on table audit.roots is 'Signed Merkle roots over the heads of all workspaces.';
comment on table audit.proofs is 'Merkle paths from a workspace''s head to a root.';
comment on table audit.tips is 'Where each workspace''s chain ends. The notary''s working memory.';
comment on table audit.notary_state is 'What the notary has sealed so far.';
comment on table audit.retention_policies is 'How long a workspace keeps its audit log.';
comment on column audit.retention_policies.workspace_id is 'The workspace.';
comment on column audit.retention_policies.months is 'For how many months. Without a policy: 84.';
comment on column audit.retention_policies.updated_at is 'When it was last set.';
comment on table audit.sinks is 'A collector that audit exports are pushed to.';
comment on column audit.sinks.workspace_id is 'The workspace.';
comment on column audit.sinks.id is 'The collector''s id.';
comment on column audit.sinks.name is 'The collector''s name, unique in the workspace.';
comment on column audit.sinks.kind is '`webhook` or `syslog` (over TLS).';
comment on column audit.sinks.address is 'The webhook''s URL, or host and port of the syslog collector.';
comment on column audit.sinks.authority is 'The certificate authority that its certificate is checked against, in PEM; public ones if empty.';
comment on column audit.sinks.sealed_key is 'The key of the signature over each delivery, sealed.';
comment on column audit.sinks.created_by is 'Who set it up.';
comment on column audit.sinks.created_at is 'When it was set up.';
comment on table audit.exports is 'An export of the audit log: its progress and its outcome.';
comment on column audit.exports.workspace_id is 'The workspace.';
comment on column audit.exports.id is 'The export''s id.';
comment on column audit.exports.format is '`ndjson` (with chain and proofs), `csv`, `ocsf` or `cef`.';
comment on column audit.exports.sink_id is 'The collector that it is pushed to; without one it is kept to be downloaded.';
comment on column audit.exports.requested_by is 'Who asked for it.';
comment on column audit.exports.status is '`queued`, `running`, `done` or `failed`.';
comment on column audit.exports.after_position is 'It holds what follows this position of the chain.';
comment on column audit.exports.through_position is 'The last position that it holds.';
comment on column audit.exports.done_position is 'The last position that has left.';
comment on column audit.exports.chunk_count is 'How many parts have left.';
comment on column audit.exports.error_code is 'Why it failed, if it did.';
comment on column audit.exports.created_at is 'When it was asked for.';
comment on column audit.exports.finished_at is 'When it ended.';
comment on table audit.export_chunks is 'A part of an export that is kept to be downloaded.';
comment on column audit.export_chunks.workspace_id is 'The workspace.';
comment on column audit.export_chunks.id is 'The part''s id.';
comment on column audit.export_chunks.export_id is 'The export.';
comment on column audit.export_chunks.number is 'Which part, from 1.';
comment on column audit.export_chunks.content is 'Its lines.';

reset role;
