-- Newest first. What is sealed is found by the chain's indexes, what is not yet by the transactions that the last seal did
-- not see: together they are the whole log, at any moment. Dynamic, so that each combination gets its own plan.
create or replace function audit.search_events(
  action text default null, resource text default null, person_id uuid default null, row_id uuid default null,
  request_id text default null, since timestamptz default null, until timestamptz default null,
  before_id uuid default null, max_events integer default 50, workspace_id uuid default null
) returns setof audit.events
language plpgsql stable security definer
set search_path to pg_catalog, pg_temp
as $body$
declare
  v_own uuid := session.require('audit.read');
  v_workspace_id uuid := coalesce(search_events.workspace_id, v_own);
  v_limit integer := least(greatest(coalesce(max_events, 50), 1), 1000);
  v_ceiling uuid := least(before_id, audit.uuid_floor(until));
  v_filter text := '';
  v_snapshot pg_snapshot := (select s.snapshot::pg_snapshot from audit.notary_state s);
  v_source text;
begin
  if v_workspace_id <> all (audit.readable_workspaces()) then
    raise exception using errcode = 'ZA006', message = 'there is no such audit log', hint = 'an agency''s owners read the logs of the workspaces under theirs';
  end if;
  if search_events.action is not null then v_filter := v_filter || ' and x.action = $4'; end if;
  if search_events.person_id is not null then v_filter := v_filter || ' and x.person_id = $6'; end if;
  if search_events.row_id is not null then v_filter := v_filter || ' and x.row_id = $7'; end if;
  if search_events.request_id is not null then v_filter := v_filter || ' and x.request_id = $8'; end if;
  if num_nonnulls(search_events.action, search_events.resource, search_events.person_id, search_events.row_id, search_events.request_id) = 0 then
    -- The primary key is in the order of time: sealed or not makes no difference.
    v_source := 'select e.* from audit.events e where e.workspace_id = $1 and e.id >= $2 and e.id < $3 order by e.id desc limit $9';
  else
    v_source := format(
      $q$
      select e.* from (
        (select x.event_id as id from audit.chain x
        where x.workspace_id = $1 and x.event_id >= $2 and x.event_id < $3 %1$s %2$s
        order by x.event_id desc limit $9)
        union
        (select x.id from audit.events x
        where x.transaction_id >= $10 and x.workspace_id = $1 and x.id >= $2 and x.id < $3 %1$s %3$s
          and not pg_visible_in_snapshot(x.transaction_id::text::xid8, $11)
        order by x.id desc limit $9)
        order by id desc limit $9
      ) f
      cross join lateral (select * from audit.events e where e.workspace_id = $1 and e.id = f.id) e
      order by e.id desc
      $q$,
      v_filter,
      case when search_events.resource is not null then 'and x.resource = $5' end,
      case when search_events.resource is not null then 'and split_part(x.action, ''.'', 1) = $5' end
    );
  end if;
  return query execute v_source using
    v_workspace_id,
    coalesce(audit.uuid_floor(since), '00000000-0000-0000-0000-000000000000'::uuid),
    coalesce(v_ceiling, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid),
    search_events.action, search_events.resource, search_events.person_id, search_events.row_id, search_events.request_id,
    v_limit, pg_snapshot_xmin(v_snapshot)::text::bigint, v_snapshot;
end
$body$;
comment on function audit.search_events(text, text, uuid, uuid, text, timestamptz, timestamptz, uuid, integer, uuid) is
  'The audit log, newest first, by action, resource, person, row, request and time. For the next page give the last id as `beforeId`. An agency''s owners may name a workspace under theirs.';
revoke all on function audit.search_events(text, text, uuid, uuid, text, timestamptz, timestamptz, uuid, integer, uuid) from public;
grant execute on function audit.search_events(text, text, uuid, uuid, text, timestamptz, timestamptz, uuid, integer, uuid) to bulkhead_member;
