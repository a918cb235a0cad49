create or replace function audit.store_subject(workspace_id uuid, person_id uuid, sealed text, kek text, wrapped_key text) returns boolean
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  insert into audit.subjects (workspace_id, person_id, sealed, kek, wrapped_key)
  values (store_subject.workspace_id, store_subject.person_id, store_subject.sealed, store_subject.kek, store_subject.wrapped_key)
  on conflict on constraint subjects_pkey do update
  set sealed = excluded.sealed, kek = excluded.kek, wrapped_key = excluded.wrapped_key, sealed_at = clock_timestamp()
  where subjects.erased_at is null
    -- Two notaries made a key each: the first one's stays.
    and (subjects.wrapped_key is null or subjects.wrapped_key = excluded.wrapped_key);
  return found;
end
$$;
comment on function audit.store_subject(uuid, uuid, text, text, text) is 'Keeps a person''s sealed name and their wrapped key.';
revoke all on function audit.store_subject(uuid, uuid, text, text, text) from public;
grant execute on function audit.store_subject(uuid, uuid, text, text, text) to bulkhead_notary;
