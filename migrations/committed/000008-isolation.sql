--! Previous: sha1:c44c2cb7765b0844b8841da238e1ca8e4092ce5e
--! Hash: sha1:0af17f65d0989546045726e5989be049d5cf7ecf
--! Message: isolation

-- The isolation checks: functions only (functions/isolation), which read the catalogs and no tenant's rows.
create schema isolation authorization bulkhead_owner;
comment on schema isolation is 'Isolation checks: what is meant, what is so, and what differs. Private; for DBAs and CI.';
