--! Previous: sha1:ad643e4197b7ab3d4c8b0f137e56106784f8a3b0
--! Hash: sha1:0b9bb4c564570f4b63057739d1361cf5b77e9770
--! Message: offboarding

-- Nothing yet.
select 1;
