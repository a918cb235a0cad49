-- The trigger of every tenant table: one event a row, one insert a statement.
-- Argument: the resource's name. Transition tables: old_rows and new_rows, as the operation has them.
create or replace function audit.row_changed() returns trigger
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_actor record;
  v_service text;
begin
  select * into v_actor from session.presenter();
  v_service := coalesce(v_actor.service, case when session_user like 'bulkhead\_%'
    and session_user not in ('bulkhead_api', 'bulkhead_deploy') then substr(session_user::text, 10) end);
  if TG_OP = 'INSERT' then
    insert into audit.events (workspace_id, action, row_id, person_id, sign_in_id, service)
    select coalesce(to_jsonb(n) ->> 'workspace_id', to_jsonb(n) ->> 'id')::uuid, TG_ARGV[0] || '.created', n.id,
      v_actor.person_id, v_actor.sign_in_id, v_service
    from new_rows n;
  elsif TG_OP = 'DELETE' then
    insert into audit.events (workspace_id, action, row_id, person_id, sign_in_id, service)
    select coalesce(to_jsonb(o) ->> 'workspace_id', to_jsonb(o) ->> 'id')::uuid, TG_ARGV[0] || '.deleted', o.id,
      v_actor.person_id, v_actor.sign_in_id, v_service
    from old_rows o;
  else
    insert into audit.events (workspace_id, action, row_id, changed_columns, person_id, sign_in_id, service)
    select coalesce(to_jsonb(n) ->> 'workspace_id', to_jsonb(n) ->> 'id')::uuid, TG_ARGV[0] || '.updated', n.id,
      array(
        select e.key from jsonb_each(to_jsonb(n)) e
        where e.value is distinct from to_jsonb(o) -> e.key order by e.key
      ),
      v_actor.person_id, v_actor.sign_in_id, v_service
    from new_rows n
    join old_rows o on o.id = n.id and coalesce(to_jsonb(o) ->> 'workspace_id', '') = coalesce(to_jsonb(n) ->> 'workspace_id', '');
  end if;
  return null;
end
$$;
comment on function audit.row_changed() is 'Trigger: writes the audit events of a statement.';
revoke all on function audit.row_changed() from public;
