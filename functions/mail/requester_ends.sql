-- The ticket of an import ends with its member, so no worker ever comes back to it: better one that says so than one that
-- runs for ever. What it has stored stays. Its sealed source goes.
create or replace function mail.requester_ends() returns trigger
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  if TG_OP = 'DELETE' or (OLD.status = 'active' and NEW.status <> 'active') then
    with ended as (
      update mail.imports i
      set status = 'failed', finished_at = clock_timestamp(),
        error_code = case TG_OP when 'DELETE' then 'IMPORT_MEMBER_REMOVED' else 'IMPORT_MEMBER_SUSPENDED' end
      where i.workspace_id = OLD.workspace_id and i.requested_by = OLD.person_id and i.status in ('queued', 'running')
      returning i.workspace_id, i.id
    )
    delete from mail.import_sources s using ended where s.workspace_id = ended.workspace_id and s.id = ended.id;
  end if;
  return case TG_OP when 'DELETE' then OLD else NEW end;
end
$$;
comment on function mail.requester_ends() is 'Trigger: the imports of a member who goes end.';
revoke all on function mail.requester_ends() from public;
