-- Called by the definer function that enqueues a job, in the caller's own workspace; the job's payload carries the ticket's id.
create or replace function session.issue_ticket(service text) returns uuid
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_ticket_id uuid;
begin
  insert into session.tickets (service, workspace_id, person_id, membership_id, role_key, membership_status)
  select issue_ticket.service, c.workspace_id, c.person_id, c.membership_id, c.role_key,
    case when c.membership_id is not null then 'active' end
  from session.current c
  returning id into v_ticket_id;
  if v_ticket_id is null then
    perform audit.without_context();
    raise exception using errcode = 'ZS001', message = 'sign in first', hint = 'send an access token in the Authorization header';
  end if;
  return v_ticket_id;
end
$$;
comment on function session.issue_ticket(text) is 'A ticket for one service to act in the session''s workspace until one job is done.';
revoke all on function session.issue_ticket(text) from public;
grant execute on function session.issue_ticket(text) to bulkhead_owner;
