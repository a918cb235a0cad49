-- Worker tickets, this project's own: good for one service, in one workspace, until the job is done. Each service login tries each
-- other service's ticket, a finished one, one whose member is gone; and another login presents the token that a ticket gave.
create or replace function isolation.probe_tickets(model jsonb, world jsonb)
returns table (id text, title text, verdict text, detail text)
language plpgsql volatile
set search_path to pg_catalog, pg_temp
as $$
declare
  -- All that an attempt needs: the world itself is long, and is passed thousands of times.
  v_enter jsonb := jsonb_build_object('enter', world -> 'enter');
  v_actor record;
  v_ticket text := world -> 'rows' -> 'session.tickets' -> 'b' ->> 'id';
  v_service text := 'bulkhead_' || (world -> 'rows' -> 'session.tickets' -> 'b' ->> 'service');
  v_result jsonb;
  v_claim text;
  v_bad text[];
  v_tried integer;
  v_try record;
begin
  if to_regprocedure('session.claim_ticket(uuid, interval)') is null or v_ticket is null then
    return;
  end if;
  v_claim := format('select session.claim_ticket(%L)', v_ticket);
  -- Control: its own service may.
  v_result := isolation.probe_attempt(v_enter, v_service, v_service, null, null, array[v_claim]);
  return query select * from isolation.probe_report(model, 'P0', 'claims its own ticket (control)', 'role ' || v_service, 1, '{}',
    case when v_result ? 'code' then array[v_result ->> 'message'] else '{}' end);
  v_bad := '{}';
  v_tried := 0;
  for v_actor in select * from jsonb_to_recordset(world -> 'actors') as a (role text, login text, kind text) where a.role <> v_service loop
    v_tried := v_tried + 1;
    v_result := isolation.probe_attempt(v_enter, v_actor.login, v_actor.role, null, null, array[v_claim]);
    if not v_result ? 'code' then v_bad := v_bad || (v_actor.role || ' claimed it'); end if;
    v_result := isolation.probe_attempt(v_enter, v_actor.login, v_actor.role, null, null, array[format('select session.finish_ticket(%L)', v_ticket)]);
    if v_result ->> 'value' = 'true' then v_bad := v_bad || (v_actor.role || ' finished it'); end if;
  end loop;
  return query select * from isolation.probe_report(model, 'P6', 'use another service''s ticket', 'session.tickets', v_tried, v_bad);
  v_bad := '{}';
  v_tried := 0;
  for v_try in
    values ('a finished ticket', format('update session.tickets set finished_at = now() where id = %L', v_ticket)),
      ('an expired ticket', format('update session.tickets set expires_at = now() - interval ''1 minute'' where id = %L', v_ticket)),
      ('a suspended member''s ticket', format('update tenancy.memberships set status = ''suspended'' where id = %L', world -> 'rows' -> 'tenancy.memberships' -> 'b' ->> 'id'))
  loop
    v_tried := v_tried + 1;
    v_result := isolation.probe_attempt(v_enter || jsonb_build_object('enter', jsonb_build_array('set local session_replication_role = origin', v_try.column2)), v_service, v_service, 'x', 'live', array[v_claim]);
    if not v_result ? 'code' then
      -- The last owner cannot be suspended: then the ticket's own standing is changed.
      v_bad := v_bad || ('claimed ' || v_try.column1);
    end if;
  end loop;
  return query select * from isolation.probe_report(model, 'P5', 'claim a dead ticket', 'session.tickets', v_tried, v_bad);
  -- The token that a ticket gave, in other hands.
  v_bad := '{}';
  v_tried := 0;
  for v_actor in select * from jsonb_to_recordset(world -> 'actors') as a (role text, login text, kind text) where a.role <> v_service and a.role not in (select f.name from isolation.role_facts(model) f where f.name = v_service) loop
    v_tried := v_tried + 1;
    begin
      perform isolation.probe_enter(world -> 'tenants' ->> 'b', v_service, 'live');
      v_result := isolation.probe_attempt(v_enter, v_actor.login, v_actor.role, null, null, array['select session.workspace_id()::text']);
      if v_result ->> 'value' is not null then v_bad := v_bad || v_actor.role; end if;
      raise exception using errcode = 'ZI900';
    exception when sqlstate 'ZI900' then null;
    end;
  end loop;
  return query select * from isolation.probe_report(model, 'P6', 'present the token of another service''s ticket', 'session.tokens', v_tried, v_bad);
  -- The log names whoever acted, not somebody else who has a session too.
  if to_regprocedure('tenancy.create_team(text)') is not null then
    v_result := isolation.probe_attempt(v_enter, 'bulkhead_api', 'bulkhead_member', world -> 'tenants' ->> 'a', 'live', array['select id from tenancy.create_team(''isolation probe'')'],
      format('select string_agg(coalesce(e.person_id::text, ''nobody''), '' '') from audit.events e where e.workspace_id = %L and e.row_id in (select t.id from tenancy.teams t where t.workspace_id = e.workspace_id and t.name = ''isolation probe'')', world -> 'tenants' ->> 'a'));
    return query select * from isolation.probe_report(model, 'A2', 'name somebody else as the actor', 'audit.events', 1,
      case when v_result ->> 'after' is distinct from world -> 'rows' -> 'tenancy.memberships' -> 'a' ->> 'person_id' then array['the event of a change does not name the person who made it'] else '{}' end,
      case when v_result ? 'code' then array[(v_result ->> 'code') || ': ' || (v_result ->> 'message')] else '{}' end);
  end if;
end
$$;
comment on function isolation.probe_tickets(jsonb, jsonb) is 'Probes worker tickets in the wrong hands.';
revoke all on function isolation.probe_tickets(jsonb, jsonb) from public;
