-- Nobody changes a member above their own level; the row is locked, so that two changes do not pass each other.
create or replace function tenancy.manageable_membership(membership_id uuid) returns tenancy.memberships
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_workspace_id uuid := session.require('memberships.manage');
  v_membership tenancy.memberships;
begin
  select * into v_membership from tenancy.memberships m
  where m.workspace_id = v_workspace_id and m.id = membership_id for update;
  if not found then
    raise exception using errcode = 'ZT006', message = 'there is no such member';
  end if;
  if (select r.level from tenancy.roles r where r.key = v_membership.role_key) > tenancy.level() then
    raise exception using errcode = 'ZT003', message = 'that role is above your own', hint = 'ask an owner of your workspace';
  end if;
  return v_membership;
end
$$;
comment on function tenancy.manageable_membership(uuid) is 'A membership that the session may change, locked; raises otherwise.';
revoke all on function tenancy.manageable_membership(uuid) from public;
