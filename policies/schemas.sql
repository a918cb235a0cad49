-- Who may name what. Rights on the things inside are said in each one's own file.
grant usage on schema tenancy, mail, audit, session, sealed to bulkhead_member;
grant usage on schema session, sealed to bulkhead_api;
grant usage on schema session, sealed, tenancy to bulkhead_identity;
grant usage on schema sealed to bulkhead_opener;
grant usage on schema session, keyring, mail to bulkhead_mail_sync;
grant usage on schema session, tenancy to bulkhead_janitor;
grant usage on schema session, queue to bulkhead_owner;
grant usage on schema queue, sealed, audit, tenancy, keyring to bulkhead_keeper;
grant usage on schema app to bulkhead_keeper, bulkhead_member;
grant execute on function app.uuid_v7() to bulkhead_keeper;
grant usage on schema session, audit to bulkhead_notary;
grant usage on schema audit to bulkhead_janitor, bulkhead_agent, bulkhead_recipient, bulkhead_identity, bulkhead_opener, bulkhead_mail_sync,
  bulkhead_mail_send, bulkhead_crm, bulkhead_ai, bulkhead_billing;
grant usage on schema isolation to bulkhead_keeper;
