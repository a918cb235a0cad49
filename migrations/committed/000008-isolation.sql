--! Previous: sha1:b2487aa51dd675ba5077a0021aba1591e3794491
--! Hash: sha1:35de59585c04a1fb136fbc47ac9edd23de0f3d00
--! Message: isolation

-- The isolation checks: functions only (functions/isolation), which read the catalogs and no tenant's rows.
create schema isolation authorization bulkhead_owner;
comment on schema isolation is 'Isolation checks: what is meant, what is so, and what differs. Private; for DBAs and CI.';
