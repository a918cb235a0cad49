--! Previous: sha1:aeb698560cd9eaaeac0a572b8c3242a4a4b73536
--! Hash: sha1:cbca0ba83b01fe00708b6e278fcee4c31261f8fc
--! Message: connections-hardening

set local role bulkhead_owner;

-- Whose refresh it is: the claim of a ticket. When that claim is over, its worker can store nothing any more, so nobody
-- has to wait for it.
alter table connections.credentials add column refresh_ticket_id uuid;
alter table connections.credentials add column refresh_claimed_at timestamptz;

reset role;
set local role bulkhead_keeper;

-- A code is presented again after a crash: its second refusal means something else than its first.
alter table session.connection_attempts add column taken_at timestamptz;

-- Which connection a provider means by a grant of its own, as a hash: its webhooks name no workspace.
create table session.provider_grants (
  workspace_id uuid not null references tenancy.workspaces (id) on delete cascade,
  connection_id uuid not null,
  grant_hash bytea not null constraint grant_hash_is_32_bytes check (octet_length(grant_hash) = 32),
  -- What a provider says of an earlier time is not of this consent.
  noted_at timestamptz not null default clock_timestamp(),
  constraint provider_grants_pkey primary key (workspace_id, connection_id)
);
create index provider_grants_by_hash on session.provider_grants (grant_hash);

-- What came in under a provider's name, sealed to the worker, which alone can tell whether it is the provider's.
create table session.webhooks (
  -- Made by the API and sealed along: one that is put in a second time under another id does not open.
  id uuid primary key,
  provider text not null constraint webhook_provider_is_known check (provider in ('nylas')),
  sealed app.secret not null,
  received_at timestamptz not null default clock_timestamp()
);
create index webhooks_by_time on session.webhooks (received_at);

-- What was taken before is not taken again.
create table session.webhook_events (
  provider text not null,
  event_hash bytea not null constraint webhook_event_hash_is_32_bytes check (octet_length(event_hash) = 32),
  received_at timestamptz not null default clock_timestamp(),
  constraint webhook_events_pkey primary key (provider, event_hash)
);
create index webhook_events_by_time on session.webhook_events (received_at);

comment on table session.provider_grants is 'Which connection a provider means by a grant, as a hash.';
comment on table session.webhooks is 'Sealed webhooks that the worker has not judged yet.';
comment on table session.webhook_events is 'Webhooks that were taken, so that none is taken twice.';

reset role;
