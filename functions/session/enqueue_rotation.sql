-- The operator's command for one workspace's key. Run by the login that deploys, which may become the keeper; no process that
-- serves can call it.
create or replace function session.enqueue_rotation(workspace_id uuid, purpose text) returns uuid
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_ticket_id uuid;
begin
  if (purpose in ('content', 'credential')) is not true then
    raise exception using errcode = 'ZK001', message = 'only content and credential keys rotate',
      hint = 'the index key finds what is there: another one would find nothing';
  end if;
  insert into session.tickets (service, workspace_id)
  select 'mail_sync', w.workspace_id from keyring.workspaces_with_keys() w where w.workspace_id = enqueue_rotation.workspace_id
  returning id into v_ticket_id;
  if v_ticket_id is null then
    raise exception using errcode = 'ZK004', message = 'no workspace of that id has keys';
  end if;
  perform queue.enqueue_connection_job('mail_sync', 'key_rotation',
    jsonb_build_object('ticket_id', v_ticket_id, 'purpose', enqueue_rotation.purpose), null, 25);
  return v_ticket_id;
end
$$;
comment on function session.enqueue_rotation(uuid, text) is 'Lets a workspace''s key have a new version; returns the ticket of the job.';
revoke all on function session.enqueue_rotation(uuid, text) from public;
