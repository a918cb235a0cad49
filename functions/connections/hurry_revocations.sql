-- Every job of the workspace has just ended, those that give grants back too: these go on under tickets of their own. 13
-- tries with growing delays are about 22 hours; after a day the janitor waits no longer.
create or replace function connections.hurry_revocations() returns integer
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v record;
  v_count integer := 0;
begin
  for v in
    select r.id, c.service from connections.revocations r
    join connections.connections c on c.workspace_id = r.workspace_id and c.id = r.connection_id
    where r.workspace_id = session.workspace_id()
  loop
    perform queue.enqueue_connection_job(v.service, 'connection_revoke', jsonb_build_object(
      'revocation_id', v.id, 'ticket_id', session.issue_workspace_ticket(v.service)
    ), null, 13);
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$$;
comment on function connections.hurry_revocations() is 'Lets every grant that is still to be given back be given back within a day; returns how many.';
revoke all on function connections.hurry_revocations() from public;
