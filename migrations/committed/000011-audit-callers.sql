--! Previous: sha1:b32b7a41977e990c4081e5ab01cfe88dbfe69fc1
--! Hash: sha1:6115ed4286f8fd7951b22b23585e34ec5bc5982f
--! Message: audit-callers

-- Nothing yet.
select 1;
