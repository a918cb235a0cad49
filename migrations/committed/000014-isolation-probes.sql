--! Previous: sha1:0b9bb4c564570f4b63057739d1361cf5b77e9770
--! Hash: sha1:f28bff8153a0a76244da2c226f235c79c8c15da5
--! Message: isolation-probes

-- Nothing yet.
select 1;
