--! Previous: sha1:5216b55d4919b1547b415a622c1164a612fae52e
--! Hash: sha1:359bda6ee20afc6586ef80b4f2ac37bdd8603b48
--! Message: audit

set local role bulkhead_owner;

create table audit.events (
  workspace_id uuid not null,
  id uuid not null default app.uuid_v7(),
  occurred_at timestamptz not null default clock_timestamp(),
  -- resource.action
  action text not null constraint event_action_is_resource_dot_action check (action ~ '^[a-z_]+\.[a-z_]+$'),
  row_id uuid,
  -- Names of the columns that changed; never their values.
  changed_columns text[],
  person_id uuid,
  sign_in_id uuid,
  service text,
  constraint events_pkey primary key (workspace_id, id)
);
create index events_by_time on audit.events (workspace_id, occurred_at desc, id desc);

comment on table audit.events is 'The audit log: who did what, when. Append-only.';
comment on column audit.events.workspace_id is 'The workspace.';
comment on column audit.events.id is 'The event''s id.';
comment on column audit.events.occurred_at is 'When it happened, by the database''s clock.';
comment on column audit.events.action is 'What was done, as `resource.action`.';
comment on column audit.events.row_id is 'The row that it was done to.';
comment on column audit.events.changed_columns is 'The names of the columns that changed.';
comment on column audit.events.person_id is 'Who did it, or on whose behalf.';
comment on column audit.events.sign_in_id is 'In which sign-in.';
comment on column audit.events.service is 'Which worker service did it, if one did.';

reset role;
