-- The operator's command, after a new key-encryption key was set: every workspace's keys move to it. Run by the login that
-- deploys, which may become the keeper; no process that serves can call it.
create or replace function session.enqueue_rewrap() returns integer
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_workspace_id uuid;
  v_ticket_id uuid;
  v_count integer := 0;
begin
  for v_workspace_id in
    select distinct t.workspace_id from session.sign_ins t
    where not exists (select from session.deleted_workspaces d where d.id = t.workspace_id)
  loop
    insert into session.tickets (service, workspace_id) values ('mail_sync', v_workspace_id) returning id into v_ticket_id;
    perform queue.enqueue_connection_job('mail_sync', 'key_rewrap', jsonb_build_object('ticket_id', v_ticket_id), null, 25);
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$$;
comment on function session.enqueue_rewrap() is 'Lets the keys of every workspace that was ever signed in to be wrapped under the current key-encryption key.';
revoke all on function session.enqueue_rewrap() from public;
