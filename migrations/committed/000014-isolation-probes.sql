--! Previous: sha1:4cb20b39530de26b41a9c45bfee9739ca5ec89d8
--! Hash: sha1:61564cc7b0a4deb2faaf739c2b4b9d2dca9fa040
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
