-- DBAs and CI call the checks; nobody else may name the schema, so that no request reads how it is guarded.
grant usage on schema isolation to bulkhead_auditor;
