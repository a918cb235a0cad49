-- People whose name has changed since it was sealed, or never was. An erased person stays erased.
create or replace function audit.unsealed_subjects(max_people integer)
returns table (workspace_id uuid, person_id uuid, email text, name text, kek text, wrapped_key text)
language sql stable security definer
set search_path to pg_catalog, pg_temp
as $$
  select p.workspace_id, p.id, p.email, p.name, s.kek, s.wrapped_key
  from tenancy.people p
  left join audit.subjects s on s.workspace_id = p.workspace_id and s.person_id = p.id
  where s.erased_at is null and (
    s.sealed is null or exists (
      select from audit.chain c
      where c.workspace_id = p.workspace_id and c.row_id = p.id and c.action = 'person.updated'
        and c.event_id >= audit.uuid_floor(s.sealed_at)
    )
  )
  limit max_people
$$;
comment on function audit.unsealed_subjects(integer) is 'People whose name is still to be sealed for the audit log.';
revoke all on function audit.unsealed_subjects(integer) from public;
grant execute on function audit.unsealed_subjects(integer) to bulkhead_notary;
