-- The operator's command, after a new key-encryption key was set: every workspace's keys move to it, and the keys of the
-- people in its audit log. Run by the login that deploys, which may become the keeper; no process that serves can call it.
-- Run again it goes on: what is under the current key already is left alone.
create or replace function session.enqueue_rewrap() returns setof uuid
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_workspace record;
  v_ticket_id uuid;
begin
  for v_workspace in select * from keyring.workspaces_with_keys() loop
    insert into session.tickets (service, workspace_id) values ('mail_sync', v_workspace.workspace_id) returning id into v_ticket_id;
    perform queue.enqueue_connection_job('mail_sync', 'key_rewrap', jsonb_build_object('ticket_id', v_ticket_id), null, 25);
    return next v_ticket_id;
    if v_workspace.has_subjects then
      insert into session.tickets (service, workspace_id) values ('notary', v_workspace.workspace_id) returning id into v_ticket_id;
      perform queue.enqueue_notary('subject_rewrap', jsonb_build_object('ticket_id', v_ticket_id));
      return next v_ticket_id;
    end if;
  end loop;
end
$$;
comment on function session.enqueue_rewrap() is 'Lets everything that a key-encryption key wraps be wrapped under the current one; returns a ticket for each job.';
revoke all on function session.enqueue_rewrap() from public;
