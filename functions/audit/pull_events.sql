-- For collectors that ask: after a cursor, in the chain's order, each event exactly once.
create or replace function audit.pull_events(after_position bigint default 0, max_events integer default 100)
returns table (
  "position" bigint, hash text, event_id uuid, workspace_id uuid, id uuid, occurred_at text, action text, row_id uuid, changed_columns text[],
  details jsonb, actor text, person_id uuid, sign_in_id uuid, service text, request_id text, origin_id uuid
)
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_workspace_id uuid := session.require('audit.export');
begin
  perform audit.append(v_workspace_id, 'audit.pulled', null, jsonb_build_object('after_position', pull_events.after_position));
  return query
  select s.position, encode(s.hash, 'hex'), s.event_id, s.workspace_id, s.id, s.occurred_at, s.action, s.row_id, s.changed_columns,
    s.details, s.actor, s.person_id, s.sign_in_id, s.service, s.request_id, s.origin_id
  from audit.sealed_events(pull_events.after_position, 9223372036854775807, least(greatest(max_events, 1), 1000)) s;
end
$$;
comment on function audit.pull_events(bigint, integer) is
  'Sealed events after a position of the chain, in order. Give the last position that you have as `afterPosition`; at most 1,000 at once.';
revoke all on function audit.pull_events(bigint, integer) from public;
grant execute on function audit.pull_events(bigint, integer) to bulkhead_member;
