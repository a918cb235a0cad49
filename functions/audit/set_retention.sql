create or replace function audit.set_retention(months integer) returns audit.retention_policies
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_workspace_id uuid := session.require('audit.manage');
  v_former integer;
  v_policy audit.retention_policies;
begin
  select r.months into v_former from audit.retention_policies r where r.workspace_id = v_workspace_id;
  insert into audit.retention_policies (workspace_id, months) values (v_workspace_id, set_retention.months)
  on conflict (workspace_id) do update set months = excluded.months, updated_at = now()
  returning * into v_policy;
  perform audit.append(v_workspace_id, 'audit.retention_set', null, jsonb_build_object('former', coalesce(v_former, 84), 'months', v_policy.months));
  return v_policy;
end
$$;
comment on function audit.set_retention(integer) is 'Sets for how many months your workspace keeps its audit log: 12 to 240.';
revoke all on function audit.set_retention(integer) from public;
grant execute on function audit.set_retention(integer) to bulkhead_member;
