--! Previous: sha1:1a9dc27aac180b9465c6f2ab7455867baf1b9acc
--! Hash: sha1:b7a413dcb13ad199e5f164e6a5b79818c18ed6a3
--! Message: tenancy

set local role bulkhead_owner;

-- The catalogue: what may be done, and which role does it. The same for every workspace.
create table tenancy.permissions (
  key text primary key constraint permission_is_resource_dot_action check (key ~ '^[a-z_]+\.[a-z_]+$'),
  description text not null
);

create table tenancy.roles (
  key text primary key,
  level integer not null constraint role_level_is_known check (level in (100, 80, 60, 40, 30, 20)),
  name text not null,
  description text not null
);

create table tenancy.role_permissions (
  role_key text not null references tenancy.roles (key),
  permission_key text not null references tenancy.permissions (key),
  constraint role_permissions_pkey primary key (role_key, permission_key)
);
create index role_permissions_by_permission on tenancy.role_permissions (permission_key);

insert into tenancy.permissions (key, description) values
  ('workspace.read', 'See the workspace and its settings'),
  ('workspace.update', 'Change the workspace''s name and settings'),
  ('session_policy.update', 'Change how long sessions live and whether SSO is enforced'),
  ('people.read', 'See the people of the workspace'),
  ('memberships.manage', 'Change roles, suspend, reactivate and remove members'),
  ('invitations.read', 'See invitations'),
  ('invitations.manage', 'Invite people and revoke invitations'),
  ('teams.read', 'See teams and who is in them'),
  ('teams.manage', 'Create, change and delete teams'),
  ('sessions.revoke', 'End other people''s sessions'),
  ('inboxes.read', 'See inboxes'),
  ('inboxes.manage', 'Create and change inboxes'),
  ('messages.read', 'Read conversations and messages'),
  ('messages.import', 'Import messages into an inbox'),
  ('audit.read', 'Read the audit log'),
  ('keys.rotate', 'Rotate the workspace''s keys');

insert into tenancy.roles (key, level, name, description) values
  ('owner', 100, 'Owner', 'Everything in the workspace, including its end'),
  ('admin', 80, 'Admin', 'Everything but what only owners may'),
  ('manager', 60, 'Manager', 'Runs teams and invites their people'),
  ('operator', 40, 'Operator', 'Works in inboxes and imports mail'),
  ('user', 40, 'User', 'Works in inboxes'),
  ('analyst', 40, 'Analyst', 'Reads figures and the audit log, no message content'),
  ('billing', 40, 'Billing', 'Plans and invoices, no message content'),
  ('learner', 30, 'Learner', 'Learning only'),
  ('viewer', 20, 'Viewer', 'Reads, changes nothing');

insert into tenancy.role_permissions (role_key, permission_key)
select 'owner', key from tenancy.permissions
union all
select 'admin', key from tenancy.permissions
union all
select role_key, permission_key from (values
  ('manager', array['workspace.read', 'people.read', 'invitations.read', 'invitations.manage', 'teams.read', 'teams.manage',
    'inboxes.read', 'messages.read', 'messages.import']),
  ('operator', array['workspace.read', 'people.read', 'teams.read', 'inboxes.read', 'messages.read', 'messages.import']),
  ('user', array['workspace.read', 'people.read', 'teams.read', 'inboxes.read', 'messages.read']),
  ('analyst', array['workspace.read', 'people.read', 'teams.read', 'inboxes.read', 'audit.read']),
  ('billing', array['workspace.read', 'people.read']),
  ('learner', array['workspace.read']),
  ('viewer', array['workspace.read', 'people.read', 'teams.read', 'inboxes.read', 'messages.read'])
) as preset (role_key, permission_keys), unnest(preset.permission_keys) as permission_key;

-- A workspace is the tenant: its own id is its tenant column.
create table tenancy.workspaces (
  id uuid primary key default app.uuid_v7(),
  name text not null constraint workspace_name_length check (length(name) between 1 and 200),
  -- An agency's own workspace; gives it no right by itself.
  parent_id uuid references tenancy.workspaces (id),
  -- The organization of the sign-in provider whose people belong here.
  organization_id text,
  -- The role of a person whom the organization sends without an invitation; null: by invitation only.
  default_role_key text references tenancy.roles (key),
  created_at timestamptz not null default now(),
  constraint workspace_is_not_its_own_parent check (parent_id <> id),
  constraint workspace_organization_unique unique (organization_id),
  constraint workspace_default_role_is_modest check (default_role_key not in ('owner', 'admin'))
);
create index workspaces_by_parent on tenancy.workspaces (parent_id);
create index workspaces_by_default_role on tenancy.workspaces (default_role_key);

create table tenancy.people (
  workspace_id uuid not null references tenancy.workspaces (id),
  -- The same id in every workspace that the person belongs to.
  id uuid not null,
  email text not null constraint person_email_length check (length(email) between 3 and 320),
  name text not null constraint person_name_length check (length(name) <= 200),
  created_at timestamptz not null default now(),
  constraint people_pkey primary key (workspace_id, id)
);
create index people_by_email on tenancy.people (workspace_id, lower(email));

create table tenancy.memberships (
  workspace_id uuid not null references tenancy.workspaces (id),
  id uuid not null default app.uuid_v7(),
  person_id uuid not null,
  role_key text not null references tenancy.roles (key),
  status text not null default 'active' constraint membership_status_is_known check (status in ('active', 'suspended')),
  created_at timestamptz not null default now(),
  constraint memberships_pkey primary key (workspace_id, id),
  constraint membership_one_per_person unique (workspace_id, person_id),
  -- What a session repeats of its membership; the foreign key from session.tokens cascades every change at once.
  constraint membership_standing unique (workspace_id, id, role_key, status),
  constraint membership_person foreign key (workspace_id, person_id)
    references tenancy.people (workspace_id, id) on delete cascade
);
create index memberships_by_role on tenancy.memberships (workspace_id, role_key);

create table tenancy.teams (
  workspace_id uuid not null references tenancy.workspaces (id),
  id uuid not null default app.uuid_v7(),
  name text not null constraint team_name_length check (length(name) between 1 and 100),
  created_at timestamptz not null default now(),
  constraint teams_pkey primary key (workspace_id, id),
  constraint team_name_unique unique (workspace_id, name)
);

create table tenancy.team_members (
  workspace_id uuid not null references tenancy.workspaces (id),
  id uuid not null default app.uuid_v7(),
  team_id uuid not null,
  membership_id uuid not null,
  created_at timestamptz not null default now(),
  constraint team_members_pkey primary key (workspace_id, id),
  constraint team_member_once unique (workspace_id, team_id, membership_id),
  constraint team_member_team foreign key (workspace_id, team_id)
    references tenancy.teams (workspace_id, id) on delete cascade,
  constraint team_member_membership foreign key (workspace_id, membership_id)
    references tenancy.memberships (workspace_id, id) on delete cascade
);
create index team_members_by_membership on tenancy.team_members (workspace_id, membership_id);

create table tenancy.invitations (
  workspace_id uuid not null references tenancy.workspaces (id),
  id uuid not null default app.uuid_v7(),
  email text not null constraint invitation_email_shape check (email ~ '^[^@\s]+@[^@\s]+$' and length(email) <= 320),
  role_key text not null references tenancy.roles (key),
  -- Null when the workspace was provisioned with its first owner.
  invited_by uuid,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null default now() + interval '14 days',
  accepted_at timestamptz,
  revoked_at timestamptz,
  constraint invitations_pkey primary key (workspace_id, id),
  constraint invitation_inviter foreign key (workspace_id, invited_by)
    references tenancy.people (workspace_id, id) on delete set null (invited_by)
);
-- One open invitation per address.
create unique index invitation_open_once on tenancy.invitations (workspace_id, lower(email))
  where accepted_at is null and revoked_at is null;
create index invitations_by_role on tenancy.invitations (workspace_id, role_key);
create index invitations_by_inviter on tenancy.invitations (workspace_id, invited_by);

comment on table tenancy.permissions is 'Everything that can be permitted, as `resource.action`.';
comment on column tenancy.permissions.key is 'The permission, as `resource.action`.';
comment on column tenancy.permissions.description is 'What the permission allows, in words.';
comment on table tenancy.roles is 'The roles: presets of permissions on six levels (100, 80, 60, 40, 30, 20).';
comment on column tenancy.roles.key is 'The role''s key.';
comment on column tenancy.roles.level is 'The level: nobody grants a role above their own.';
comment on column tenancy.roles.name is 'The role''s name, for people.';
comment on column tenancy.roles.description is 'What the role is for.';
comment on table tenancy.role_permissions is 'Which role has which permission.';
comment on column tenancy.role_permissions.role_key is 'The role.';
comment on column tenancy.role_permissions.permission_key is 'The permission that it has.';
comment on table tenancy.workspaces is 'A workspace: the tenant. You see the one that your session is for.';
comment on column tenancy.workspaces.id is 'The workspace''s id.';
comment on column tenancy.workspaces.name is 'The workspace''s name.';
comment on column tenancy.workspaces.parent_id is 'The agency''s workspace that this one was made under, if any. It gives the agency no right by itself.';
comment on column tenancy.workspaces.organization_id is 'The sign-in provider''s organization whose people belong here.';
comment on column tenancy.workspaces.default_role_key is 'The role of a person whom the organization sends without an invitation. Null: by invitation only.';
comment on column tenancy.workspaces.created_at is 'When it was created.';
comment on table tenancy.people is 'A person, as this workspace knows them.';
comment on column tenancy.people.workspace_id is 'The workspace.';
comment on column tenancy.people.id is 'The person''s id: the same in every workspace that they belong to.';
comment on column tenancy.people.email is 'The address that the sign-in provider verified.';
comment on column tenancy.people.name is 'The person''s name.';
comment on column tenancy.people.created_at is 'When the person joined this workspace.';
comment on table tenancy.memberships is 'A person''s place in the workspace: their role, and whether it is active.';
comment on column tenancy.memberships.workspace_id is 'The workspace.';
comment on column tenancy.memberships.id is 'The membership''s id.';
comment on column tenancy.memberships.person_id is 'The person.';
comment on column tenancy.memberships.role_key is 'The person''s role here.';
comment on column tenancy.memberships.status is '`active`, or `suspended`: a suspended member''s sessions see nothing.';
comment on column tenancy.memberships.created_at is 'When the person became a member.';
comment on table tenancy.teams is 'A team of members.';
comment on column tenancy.teams.workspace_id is 'The workspace.';
comment on column tenancy.teams.id is 'The team''s id.';
comment on column tenancy.teams.name is 'The team''s name, unique in the workspace.';
comment on column tenancy.teams.created_at is 'When the team was created.';
comment on table tenancy.team_members is 'A member''s place in a team.';
comment on column tenancy.team_members.workspace_id is 'The workspace.';
comment on column tenancy.team_members.id is 'The id of this place.';
comment on column tenancy.team_members.team_id is 'The team.';
comment on column tenancy.team_members.membership_id is 'The member.';
comment on column tenancy.team_members.created_at is 'When the member joined the team.';
comment on table tenancy.invitations is 'An invitation into the workspace with a role, accepted by signing in with the invited address.';
comment on column tenancy.invitations.workspace_id is 'The workspace.';
comment on column tenancy.invitations.id is 'The invitation''s id.';
comment on column tenancy.invitations.email is 'The invited address.';
comment on column tenancy.invitations.role_key is 'The role that accepting it gives.';
comment on column tenancy.invitations.invited_by is 'Who invited.';
comment on column tenancy.invitations.created_at is 'When it was sent.';
comment on column tenancy.invitations.expires_at is 'When it stops being good.';
comment on column tenancy.invitations.accepted_at is 'When it was accepted, if it was.';
comment on column tenancy.invitations.revoked_at is 'When it was revoked, if it was.';

-- The registry of tokens repeats a membership's standing by foreign key.
grant usage on schema tenancy to bulkhead_keeper;
grant references (workspace_id, id, role_key, status) on tenancy.memberships to bulkhead_keeper;
grant references (id) on tenancy.workspaces to bulkhead_keeper;
grant usage on schema app to bulkhead_keeper;
grant execute on function app.uuid_v7() to bulkhead_keeper;

reset role;
