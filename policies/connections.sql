-- Who may name the schema connections.
grant usage on schema connections to bulkhead_member, bulkhead_mail_sync, bulkhead_crm;
grant usage on schema session, keyring to bulkhead_crm;
