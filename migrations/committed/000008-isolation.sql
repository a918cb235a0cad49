--! Previous: sha1:359bda6ee20afc6586ef80b4f2ac37bdd8603b48
--! Hash: sha1:fc223a205cf12f9791eb424fdb6a6578885d232a
--! Message: isolation

-- The isolation checks: functions only (functions/isolation), which read the catalogs and no tenant's rows.
create schema isolation authorization bulkhead_owner;
comment on schema isolation is 'Isolation checks: what is meant, what is so, and what differs. Private; for DBAs and CI.';
