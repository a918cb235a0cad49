--! Previous: sha1:9d9f0e6051e18decaa1b900047ac9dbb805e9392
--! Hash: sha1:108481f2c121804f59a86a54f9c940748886d08d
--! Message: isolation-probes

-- Where isolation.probe() notes the two tenants that it makes up when an auditor starts it. A row here never commits (policies/isolation/
-- probed.sql), so whatever a transaction sees here is its own.
set local role bulkhead_owner;
create table isolation.probed (
  workspace_id uuid primary key,
  person_id uuid not null,
  membership_id uuid not null,
  -- Of the same workspace, suspended.
  suspended_person_id uuid not null,
  suspended_membership_id uuid not null
);
comment on table isolation.probed is 'Synthetic tenants of a probing transaction. Empty: no transaction that writes here can commit.';
reset role;

-- The auditor presents a synthetic tenant's token, for as long as probing lasts: it too never commits (policies/session/tokens.sql).
set local role bulkhead_keeper;
alter table session.tokens drop constraint token_database_role_is_known;
alter table session.tokens add constraint token_database_role_is_known check (database_role in (
  'bulkhead_member', 'bulkhead_agent', 'bulkhead_recipient', 'bulkhead_identity', 'bulkhead_opener', 'bulkhead_mail_sync',
  'bulkhead_mail_send', 'bulkhead_crm', 'bulkhead_ai', 'bulkhead_billing', 'bulkhead_notary', 'bulkhead_janitor', 'bulkhead_auditor'));
reset role;
