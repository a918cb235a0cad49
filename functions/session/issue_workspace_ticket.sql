-- For work that must outlast the person on whose behalf it was begun: giving a grant back after they are gone. It stands
-- for nobody, so no function that asks for a person's right or permission does anything for it.
create or replace function session.issue_workspace_ticket(service text) returns uuid
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_ticket_id uuid;
begin
  insert into session.tickets (service, workspace_id)
  select issue_workspace_ticket.service, c.workspace_id from session.current c
  returning id into v_ticket_id;
  if v_ticket_id is null then
    perform audit.without_context();
    raise exception using errcode = 'ZS001', message = 'sign in first', hint = 'send an access token in the Authorization header';
  end if;
  return v_ticket_id;
end
$$;
comment on function session.issue_workspace_ticket(text) is 'A ticket for one service to act in the session''s workspace, on nobody''s behalf.';
revoke all on function session.issue_workspace_ticket(text) from public;
grant execute on function session.issue_workspace_ticket(text) to bulkhead_owner;
