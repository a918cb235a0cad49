--! Previous: sha1:756828dedac6ec95f5ede4a050496c49756ed2cf
--! Hash: sha1:24babced02eaa2299048310c13b9347507820343
--! Message: isolation

-- The isolation checks: functions only (functions/isolation), which read the catalogs and no tenant's rows.
create schema isolation authorization bulkhead_owner;
comment on schema isolation is 'Isolation checks: what is meant, what is so, and what differs. Private; for DBAs and CI.';
