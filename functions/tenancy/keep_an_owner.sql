-- A trigger, so that no path around it exists. The workspace's row is locked first: two owners who leave at the same
-- moment do not both see the other one staying. That needs each statement to see what was committed before it, so a
-- snapshot older than the lock is refused. A workspace that is being deleted needs no owner.
create or replace function tenancy.keep_an_owner() returns trigger
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  if OLD.role_key = 'owner' and OLD.status = 'active'
    and (TG_OP = 'DELETE' or NEW.role_key <> 'owner' or NEW.status <> 'active')
  then
    if current_setting('transaction_isolation') <> 'read committed' then
      raise exception using errcode = 'ZT013', message = 'an owner is changed in a read committed transaction only';
    end if;
    perform from tenancy.workspaces w where w.id = OLD.workspace_id for update;
    if found and not session.is_deleted(OLD.workspace_id) and not exists (
      select from tenancy.memberships m
      where m.workspace_id = OLD.workspace_id and m.id <> OLD.id and m.role_key = 'owner' and m.status = 'active'
    ) then
      raise exception using errcode = 'ZT007', message = 'a workspace keeps at least one owner', hint = 'make somebody else an owner first';
    end if;
  end if;
  return case TG_OP when 'DELETE' then OLD else NEW end;
end
$$;
comment on function tenancy.keep_an_owner() is 'Trigger: the last active owner stays.';
revoke all on function tenancy.keep_an_owner() from public;
