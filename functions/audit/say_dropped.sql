-- Each workspace's log says what it loses; its chain then begins after the last position that was dropped.
create or replace function audit.say_dropped(partition_name text, month_end timestamptz) returns void
language plpgsql volatile
set search_path to pg_catalog, pg_temp
as $$
declare
  v record;
begin
  for v in
    select distinct on (c.workspace_id) c.workspace_id, c.position as place, c.hash, count(*) over (partition by c.workspace_id) as lost
    from audit.chain c
    where c.event_id >= audit.uuid_floor(month_end - interval '1 month') and c.event_id < audit.uuid_floor(month_end)
    order by c.workspace_id, c.position desc
  loop
    update audit.tips t set dropped_position = v.place, dropped_hash = v.hash
    where t.workspace_id = v.workspace_id and t.dropped_position < v.place;
    perform audit.append(v.workspace_id, 'audit.month_dropped', null, jsonb_build_object(
      'partition', partition_name, 'events', v.lost, 'through_position', v.place, 'hash', encode(v.hash, 'hex')
    ));
  end loop;
end
$$;
comment on function audit.say_dropped(text, timestamptz) is 'Writes into each log what it loses with a month.';
revoke all on function audit.say_dropped(text, timestamptz) from public;
