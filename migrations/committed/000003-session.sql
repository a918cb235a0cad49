--! Previous: sha1:b7a413dcb13ad199e5f164e6a5b79818c18ed6a3
--! Hash: sha1:7d487472a69481a62702e35e8c0b0e736197c3b4
--! Message: session

set local role bulkhead_keeper;

-- HMAC keys of session tokens. No login role reads this table; only the keeper's functions do.
create table session.signing_keys (
  kid text primary key,
  -- HMAC-SHA256's two padded keys (RFC 2104): hmac(m) = sha256(outer_pad || sha256(inner_pad || m)). No extension needed.
  inner_pad bytea not null constraint signing_key_inner_pad_is_a_block check (octet_length(inner_pad) = 64),
  outer_pad bytea not null constraint signing_key_outer_pad_is_a_block check (octet_length(outer_pad) = 64),
  created_at timestamptz not null default now(),
  -- From then on it signs nothing; what it signed still verifies.
  superseded_at timestamptz,
  -- From then on what it signed no longer verifies.
  retired_at timestamptz
);
create unique index signing_key_one_current on session.signing_keys ((true)) where superseded_at is null;

-- A subject of the sign-in provider is a person here.
create table session.identities (
  person_id uuid primary key default app.uuid_v7(),
  provider text not null constraint identity_provider_is_known check (provider in ('workos')),
  subject text not null constraint identity_subject_length check (length(subject) between 1 and 255),
  created_at timestamptz not null default now(),
  constraint identity_subject_unique unique (provider, subject)
);

create table session.workspace_policies (
  workspace_id uuid primary key references tenancy.workspaces (id) on delete cascade,
  maximum_age interval not null default interval '30 days'
    constraint session_policy_maximum_age_range check (maximum_age between interval '5 minutes' and interval '30 days'),
  idle_timeout interval not null default interval '14 days'
    constraint session_policy_idle_timeout_range check (idle_timeout between interval '1 minute' and interval '30 days'),
  sso_required boolean not null default false
);

-- A sign-in that has begun and not ended: the state and the browser that it is bound to, as hashes.
create table session.sign_in_attempts (
  state_hash bytea primary key,
  -- Web: the browser that began, by a cookie of its own.
  browser_hash bytea,
  flow text not null constraint sign_in_flow_is_known check (flow in ('web', 'desktop')),
  -- Where the person goes afterwards: a path of our own (web) or the loopback address of the desktop app.
  return_to text not null,
  -- The PKCE verifier, sealed to the worker's intake key.
  sealed_verifier text not null,
  -- Desktop: the app's own PKCE challenge (S256), which its token request must answer.
  desktop_challenge text,
  -- Desktop: the provider has called back; the app redeems this grant. The provider's code, sealed to the worker.
  grant_hash bytea constraint sign_in_grant_unique unique,
  sealed_code text,
  organization_id text,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null default now() + interval '10 minutes',
  constraint sign_in_attempt_is_bound check (
    case flow when 'web' then browser_hash is not null else desktop_challenge is not null end
  ),
  constraint sign_in_grant_has_code check ((grant_hash is null) = (sealed_code is null))
);
create index sign_in_attempts_by_expiry on session.sign_in_attempts (expires_at);

-- One sign-in of one person into one workspace, on one device: the family of its refresh tokens.
create table session.sign_ins (
  id uuid primary key default app.uuid_v7(),
  workspace_id uuid not null references tenancy.workspaces (id) on delete cascade,
  person_id uuid not null references session.identities (person_id) on delete cascade,
  -- The membership's own standing, kept by foreign key; null once the membership is gone.
  membership_id uuid,
  role_key text,
  membership_status text,
  client text not null constraint sign_in_client_is_known check (client in ('web', 'desktop')),
  authentication_method text not null,
  -- The provider's session, ended together with ours.
  provider_session_id text,
  address inet,
  user_agent text constraint sign_in_user_agent_length check (length(user_agent) <= 500),
  created_at timestamptz not null default now(),
  last_refreshed_at timestamptz not null default now(),
  expires_at timestamptz not null,
  ended_at timestamptz,
  end_reason text constraint sign_in_end_reason_is_known
    check (end_reason in ('signed_out', 'revoked', 'refresh_reused', 'expired', 'idle', 'membership_ended')),
  constraint sign_in_standing_is_whole check (num_nulls(membership_id, role_key, membership_status) in (0, 3)),
  constraint sign_in_end_has_reason check ((ended_at is null) = (end_reason is null)),
  constraint sign_in_membership foreign key (workspace_id, membership_id, role_key, membership_status)
    references tenancy.memberships (workspace_id, id, role_key, status)
    on update cascade on delete set null (membership_id, role_key, membership_status)
);
create index sign_ins_by_membership on session.sign_ins (workspace_id, membership_id);
create index sign_ins_by_person on session.sign_ins (person_id);
create index sign_ins_by_expiry on session.sign_ins (expires_at);

create table session.refresh_tokens (
  token_hash bytea primary key,
  sign_in_id uuid not null references session.sign_ins (id) on delete cascade,
  issued_at timestamptz not null default now(),
  spent_at timestamptz
);
create index refresh_tokens_by_sign_in on session.refresh_tokens (sign_in_id);

-- The registry: what a presented token is. Policies look a token up here by its hash, once per statement.
create table session.tokens (
  token_hash bytea primary key,
  id uuid not null default app.uuid_v7() constraint token_id_unique unique,
  -- The key that signed it: with the key's retirement the token is no good any more.
  kid text not null references session.signing_keys (kid),
  -- The database role that may present it: a request role, or the login of one worker service.
  database_role text not null constraint token_database_role_is_known check (database_role in (
    'bulkhead_member', 'bulkhead_agent', 'bulkhead_recipient', 'bulkhead_identity', 'bulkhead_opener', 'bulkhead_mail_sync',
    'bulkhead_mail_send', 'bulkhead_crm', 'bulkhead_ai', 'bulkhead_billing', 'bulkhead_notary', 'bulkhead_janitor')),
  workspace_id uuid not null references tenancy.workspaces (id) on delete cascade,
  sign_in_id uuid references session.sign_ins (id) on delete cascade,
  ticket_id uuid,
  person_id uuid,
  membership_id uuid,
  role_key text,
  membership_status text,
  issued_at timestamptz not null default now(),
  expires_at timestamptz not null,
  revoked_at timestamptz,
  -- A worker's ticket, and nothing else, may stand without a membership.
  constraint token_is_a_sign_in_or_a_ticket check (num_nonnulls(sign_in_id, ticket_id) = 1),
  -- A member's standing is the membership's own: a change of role or status is in force for the next statement.
  constraint token_membership foreign key (workspace_id, membership_id, role_key, membership_status)
    references tenancy.memberships (workspace_id, id, role_key, status)
    on update cascade on delete set null (membership_id, role_key, membership_status),
  constraint token_standing_is_whole check (num_nulls(membership_id, role_key, membership_status) in (0, 3))
);
create index tokens_by_sign_in on session.tokens (sign_in_id);
create index tokens_by_key on session.tokens (kid);
create index tokens_by_ticket on session.tokens (ticket_id);
create index tokens_by_membership on session.tokens (workspace_id, membership_id);
create index tokens_by_expiry on session.tokens (expires_at);

-- The right of one service to act in one workspace until one job is done. The job's payload holds the ticket's id, never a token.
create table session.tickets (
  id uuid primary key default app.uuid_v7(),
  service text not null constraint ticket_service_is_known check (service in (
    'identity', 'opener', 'mail_sync', 'mail_send', 'crm', 'ai', 'billing', 'notary', 'janitor')),
  workspace_id uuid not null references tenancy.workspaces (id) on delete cascade,
  -- On whose behalf; the ticket ends with the membership.
  membership_id uuid,
  person_id uuid,
  role_key text,
  membership_status text,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null default now() + interval '7 days',
  claimed_at timestamptz,
  finished_at timestamptz,
  constraint ticket_membership foreign key (workspace_id, membership_id, role_key, membership_status)
    references tenancy.memberships (workspace_id, id, role_key, status)
    on update cascade on delete cascade,
  constraint ticket_standing_is_whole check (num_nulls(membership_id, role_key, membership_status) in (0, 3))
);
create index tickets_by_membership on session.tickets (workspace_id, membership_id);
create index tickets_by_expiry on session.tickets (expires_at);
alter table session.tokens add constraint token_ticket foreign key (ticket_id) references session.tickets (id) on delete cascade;

-- How much of its allowance somebody has used: an address, or one sign-in's state, always as a hash. One row a subject,
-- GCRA: what was asked lies as time in the future and drains by itself. Shared by all API processes; unlogged, for a crash
-- may forgive.
create unlogged table session.rate_limits (
  subject_hash bytea primary key,
  busy_until timestamptz not null
);
create index rate_limits_by_end on session.rate_limits (busy_until);

comment on table session.signing_keys is 'HMAC keys of session tokens, by key id. Read by the keeper''s functions only.';
comment on table session.identities is 'Which person a subject of the sign-in provider is.';
comment on table session.workspace_policies is 'How long a workspace''s sessions live, and whether SSO is enforced.';
comment on table session.sign_in_attempts is 'Sign-ins under way. Single use, ten minutes.';
comment on table session.sign_ins is 'Sign-ins: one person, one workspace, one device. The family of its refresh tokens.';
comment on table session.refresh_tokens is 'Refresh tokens, as hashes. A spent one that is presented again ends its sign-in.';
comment on table session.rate_limits is 'Allowances of unauthenticated requests, by hash of whom they belong to.';
comment on table session.tokens is 'The registry of access tokens and tickets'' tokens, by hash.';
comment on table session.tickets is 'The right of one worker service to act in one workspace for one job.';

reset role;
