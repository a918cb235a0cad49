--! Previous: sha1:6115ed4286f8fd7951b22b23585e34ec5bc5982f
--! Hash: sha1:ad643e4197b7ab3d4c8b0f137e56106784f8a3b0
--! Message: connections-hardening

-- Nothing yet.
select 1;
