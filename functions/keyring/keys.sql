create or replace function keyring.keys(purpose text) returns table (version integer, kek text, wrapped text, is_current boolean)
language sql stable security definer
set search_path to pg_catalog, pg_temp
as $$
  select k.version, k.kek, k.wrapped, k.superseded_at is null
  from keyring.workspace_keys k
  where k.workspace_id = session.workspace_id() and k.purpose = keys.purpose
  order by k.version desc
$$;
comment on function keyring.keys(text) is 'The wrapped keys of the ticket''s workspace, newest first.';
revoke all on function keyring.keys(text) from public;
grant execute on function keyring.keys(text) to bulkhead_mail_sync, bulkhead_crm;
