-- An entry without its event is kept in the answer: a row that was removed must show.
create or replace function audit.sealed_events(after_position bigint, through_position bigint, max_events integer)
returns table (
  "position" bigint, hash bytea, event_id uuid, workspace_id uuid, id uuid, occurred_at text, action text, row_id uuid, changed_columns text[],
  details jsonb, actor text, person_id uuid, sign_in_id uuid, service text, request_id text, origin_id uuid
)
language sql stable security definer
set search_path to pg_catalog, pg_temp
as $$
  select c.position, c.hash, c.event_id, e.workspace_id, e.id, to_char(e.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as occurred_at, e.action, e.row_id,
      e.changed_columns, e.details, e.actor, e.person_id, e.sign_in_id, e.service, e.request_id, e.origin_id
  from audit.chain c
  left join audit.events e on e.workspace_id = c.workspace_id and e.id = c.event_id
  where c.workspace_id = session.workspace_id()
    and c.position > sealed_events.after_position and c.position <= sealed_events.through_position
  order by c.position
  limit max_events
$$;
comment on function audit.sealed_events(bigint, bigint, integer) is 'Sealed events of the ticket''s workspace with their hashes, in the chain''s order.';
revoke all on function audit.sealed_events(bigint, bigint, integer) from public;
grant execute on function audit.sealed_events(bigint, bigint, integer) to bulkhead_notary;
