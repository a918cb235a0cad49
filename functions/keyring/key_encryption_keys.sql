-- What still needs which key-encryption key: one that wraps nothing can be taken away.
create or replace function keyring.key_encryption_keys() returns table (kek text, workspace_keys bigint, subject_keys bigint)
language sql stable security definer
set search_path to pg_catalog, pg_temp
as $$
  select w.kek, count(*) filter (where w.is_workspace), count(*) filter (where not w.is_workspace)
  from (
    select k.kek, true from keyring.workspace_keys k
    union all
    select s.kek, false from audit.subjects s where s.wrapped_key is not null
  ) as w (kek, is_workspace)
  group by w.kek order by w.kek
$$;
comment on function keyring.key_encryption_keys() is 'How many keys each key-encryption key wraps, in all workspaces, for whoever deploys.';
revoke all on function keyring.key_encryption_keys() from public;
grant execute on function keyring.key_encryption_keys() to bulkhead_keeper;
