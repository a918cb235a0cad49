-- The notary names events and hashes; what the filters look for is copied from the events themselves.
create or replace function audit.seal_events(workspace_ids uuid[], positions bigint[], event_ids uuid[], hashes bytea[]) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_count integer;
begin
  insert into audit.chain (workspace_id, position, event_id, hash, resource, action, row_id, person_id, request_id)
  select u.workspace_id, u.place, u.event_id, u.hash, split_part(e.action, '.', 1), e.action, e.row_id, e.person_id, e.request_id
  from unnest(workspace_ids, positions, event_ids, hashes) as u (workspace_id, place, event_id, hash)
  join audit.events e on e.workspace_id = u.workspace_id and e.id = u.event_id;
  get diagnostics v_count = row_count;
  if v_count <> cardinality(event_ids) then
    raise exception using errcode = 'ZA008', message = 'the chain and the log do not agree';
  end if;
end
$$;
comment on function audit.seal_events(uuid[], bigint[], uuid[], bytea[]) is 'Adds events to their workspaces'' chains.';
revoke all on function audit.seal_events(uuid[], bigint[], uuid[], bytea[]) from public;
grant execute on function audit.seal_events(uuid[], bigint[], uuid[], bytea[]) to bulkhead_notary;
