-- The key goes, and with it every name and address that was sealed under it, in exports of them and, once they have aged out, in
-- backups. The log's own rows hold a pseudonym, so their hashes stay true.
create or replace function audit.erase_person(person_id uuid) returns audit.subjects
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_workspace_id uuid := session.require('audit.manage');
  v_subject audit.subjects;
begin
  if not exists (select from tenancy.people p where p.workspace_id = v_workspace_id and p.id = erase_person.person_id)
    and not exists (select from audit.subjects s where s.workspace_id = v_workspace_id and s.person_id = erase_person.person_id)
  then
    raise exception using errcode = 'ZA009', message = 'there is no such person';
  end if;
  insert into audit.subjects (workspace_id, person_id, erased_at) values (v_workspace_id, erase_person.person_id, clock_timestamp())
  on conflict on constraint subjects_pkey do update
  set sealed = null, kek = null, wrapped_key = null, erased_at = coalesce(subjects.erased_at, excluded.erased_at)
  returning * into v_subject;
  delete from audit.origins o where o.workspace_id = v_workspace_id and o.person_id = erase_person.person_id;
  perform audit.append(v_workspace_id, 'subject.erased', erase_person.person_id);
  return v_subject;
end
$$;
comment on function audit.erase_person(uuid) is
  'Erases a person from the audit log: their key is destroyed, the log shows a redacted subject, and still verifies.';
revoke all on function audit.erase_person(uuid) from public;
grant execute on function audit.erase_person(uuid) to bulkhead_member;
