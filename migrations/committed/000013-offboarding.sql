--! Previous: sha1:cbca0ba83b01fe00708b6e278fcee4c31261f8fc
--! Hash: sha1:9d9f0e6051e18decaa1b900047ac9dbb805e9392
--! Message: offboarding

set local role bulkhead_owner;

insert into tenancy.permissions (key, description) values ('workspace.delete', 'Delete the workspace and everything in it');
insert into tenancy.role_permissions (role_key, permission_key) values ('owner', 'workspace.delete');

create type tenancy.workspace_deletion as (
  workspace_id uuid, requested_at timestamptz, ended_sign_in_count integer, ended_connection_count integer, pending_revocation_count integer
);
comment on type tenancy.workspace_deletion is 'What the deletion of a workspace has ended at once, and what is still under way.';
comment on column tenancy.workspace_deletion.workspace_id is 'The workspace that was deleted.';
comment on column tenancy.workspace_deletion.requested_at is 'When.';
comment on column tenancy.workspace_deletion.ended_sign_in_count is 'How many sign-ins ended, your own among them.';
comment on column tenancy.workspace_deletion.ended_connection_count is 'How many connections were disconnected: their credentials are destroyed.';
comment on column tenancy.workspace_deletion.pending_revocation_count is 'How many grants are being given back at their providers, for a day at most.';

reset role;
set local role bulkhead_keeper;

alter table session.sign_ins drop constraint sign_in_end_reason_is_known;
alter table session.sign_ins add constraint sign_in_end_reason_is_known
  check (end_reason in ('signed_out', 'revoked', 'refresh_reused', 'expired', 'idle', 'membership_ended', 'workspace_deleted'));

-- A workspace that was deleted. The row outlives it: nobody signs in there any more, from the owner's commit on, and what is
-- left of it is removed in batches, by whichever worker comes. It says when each was done, and nothing of the tenant but its id.
create table session.deleted_workspaces (
  -- The workspace's own.
  id uuid primary key,
  requested_by uuid,
  requested_at timestamptz not null default clock_timestamp(),
  -- How long the workspace kept its audit log, whose policy goes with it.
  audit_months integer,
  keys_destroyed_at timestamptz,
  removed_row_count bigint not null default 0,
  finished_at timestamptz
);
create index deleted_workspaces_unfinished on session.deleted_workspaces (requested_at) where finished_at is null;
comment on table session.deleted_workspaces is 'Workspaces that were deleted, and how far their removal is.';

-- Up to where the sign-in provider's events have been read.
create table session.provider_cursors (
  provider text primary key constraint cursor_provider_is_known check (provider in ('workos')),
  event_id text constraint cursor_event_length check (length(event_id) between 1 and 255),
  -- Events before then are not asked for: nobody had signed in.
  read_since timestamptz not null default clock_timestamp(),
  read_at timestamptz not null default clock_timestamp()
);
comment on table session.provider_cursors is 'Up to where the sign-in provider''s events have been read.';

reset role;
