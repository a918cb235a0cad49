-- With the commit no job of the workspace does anything any more, nor one that is running.
create or replace function session.end_tickets() returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_workspace_id uuid := session.workspace_id();
begin
  delete from session.connection_attempts a where a.workspace_id = v_workspace_id;
  update session.tickets t set finished_at = clock_timestamp() where t.workspace_id = v_workspace_id and t.finished_at is null;
  update session.tokens t set revoked_at = clock_timestamp()
  where t.workspace_id = v_workspace_id and t.ticket_id is not null and t.revoked_at is null;
end
$$;
comment on function session.end_tickets() is 'Ends every ticket of the session''s workspace.';
revoke all on function session.end_tickets() from public;
grant execute on function session.end_tickets() to bulkhead_owner;
