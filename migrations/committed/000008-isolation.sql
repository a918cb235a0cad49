--! Previous: sha1:b61c6115b8db1552280de5c2b0413db1f14e4931
--! Hash: sha1:e928d76b07ca78530880bb6b261f3882cc44d8a3
--! Message: isolation

-- The isolation checks: functions only (functions/isolation), which read the catalogs and no tenant's rows.
create schema isolation authorization bulkhead_owner;
comment on schema isolation is 'Isolation checks: what is meant, what is so, and what differs. Private; for DBAs and CI.';
