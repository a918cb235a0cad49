--! Previous: sha1:2fb02a56669a501c22843ddeb4b4ae5135e730d1
--! Hash: sha1:555ce18300a55f6183bccfaf10df569d182a2992
--! Message: isolation

-- The isolation checks: functions only (functions/isolation), which read the catalogs and no tenant's rows.
create schema isolation authorization bulkhead_owner;
comment on schema isolation is 'Isolation checks: what is meant, what is so, and what differs. Private; for DBAs and CI.';
