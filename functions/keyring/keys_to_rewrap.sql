create or replace function keyring.keys_to_rewrap(current_kek text) returns table (purpose text, version integer, kek text, wrapped text)
language sql stable security definer
set search_path to pg_catalog, pg_temp
as $$
  select k.purpose, k.version, k.kek, k.wrapped from keyring.workspace_keys k
  where k.workspace_id = session.workspace_id() and k.kek <> current_kek
  order by k.purpose, k.version
$$;
comment on function keyring.keys_to_rewrap(text) is 'Versions of the ticket''s workspace that another key-encryption key wraps.';
revoke all on function keyring.keys_to_rewrap(text) from public;
grant execute on function keyring.keys_to_rewrap(text) to bulkhead_mail_sync;
