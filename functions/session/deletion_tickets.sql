-- The janitor's own work list, so that a removal outlives every job and ticket that was begun for it. A new ticket ends the
-- former ones: of two janitors at one workspace the earlier writes nothing more.
create or replace function session.deletion_tickets() returns setof uuid
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_workspace_id uuid;
  v_ticket_id uuid;
begin
  for v_workspace_id in
    select d.id from session.deleted_workspaces d where d.finished_at is null order by d.requested_at for update
  loop
    update session.tickets t set finished_at = clock_timestamp()
    where t.workspace_id = v_workspace_id and t.service = 'janitor' and t.finished_at is null;
    update session.tokens t set revoked_at = clock_timestamp()
    where t.workspace_id = v_workspace_id and t.database_role = 'bulkhead_janitor' and t.revoked_at is null;
    insert into session.tickets (service, workspace_id) values ('janitor', v_workspace_id) returning id into v_ticket_id;
    return next v_ticket_id;
  end loop;
end
$$;
comment on function session.deletion_tickets() is 'A ticket for each deleted workspace that is not removed yet.';
revoke all on function session.deletion_tickets() from public;
grant execute on function session.deletion_tickets() to bulkhead_janitor;
