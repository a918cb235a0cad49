-- As audit.erase_person, for everybody: also for whom the notary has not sealed yet, so that it does not any more.
create or replace function audit.erase_everybody() returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_workspace_id uuid := session.workspace_id();
begin
  insert into audit.subjects (workspace_id, person_id, erased_at)
  select p.workspace_id, p.id, clock_timestamp() from tenancy.people p where p.workspace_id = v_workspace_id
  on conflict on constraint subjects_pkey do nothing;
  update audit.subjects s set sealed = null, kek = null, wrapped_key = null, erased_at = coalesce(s.erased_at, clock_timestamp())
  where s.workspace_id = v_workspace_id;
  delete from audit.origins o where o.workspace_id = v_workspace_id;
end
$$;
comment on function audit.erase_everybody() is 'Erases everybody of the session''s workspace from the audit log.';
revoke all on function audit.erase_everybody() from public;
