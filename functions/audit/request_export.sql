-- To a collector, an export goes on where the one before it ended: nothing twice, nothing left out.
create or replace function audit.request_export(format text, sink_id uuid default null, after_position bigint default null)
returns audit.exports
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_workspace_id uuid := session.require('audit.export');
  v_tip audit.tips;
  v_after bigint;
  v_export audit.exports;
begin
  if request_export.sink_id is not null then
    -- One at a time for a collector: the order is the chain's.
    perform from audit.sinks s where s.workspace_id = v_workspace_id and s.id = request_export.sink_id for update;
    if not found then
      raise exception using errcode = 'ZA010', message = 'there is no such collector';
    end if;
    if exists (
      select from audit.exports x where x.workspace_id = v_workspace_id and x.sink_id = request_export.sink_id and x.status in ('queued', 'running')
    ) then
      raise exception using errcode = 'ZA011', message = 'an export to that collector is under way', hint = 'wait for it: it will be followed by the next';
    end if;
    select max(x.done_position) into v_after from audit.exports x
    where x.workspace_id = v_workspace_id and x.sink_id = request_export.sink_id;
  end if;
  select * into v_tip from audit.tips t where t.workspace_id = v_workspace_id;
  v_after := greatest(coalesce(request_export.after_position, v_after, 0), coalesce(v_tip.dropped_position, 0));
  insert into audit.exports (workspace_id, format, sink_id, requested_by, after_position, done_position, through_position)
  values (v_workspace_id, request_export.format, request_export.sink_id, session.person_id(), v_after, v_after, greatest(v_after, coalesce(v_tip.position, 0)))
  returning * into v_export;
  perform queue.enqueue_notary('export_audit', jsonb_build_object('export_id', v_export.id, 'ticket_id', session.issue_ticket('notary')));
  return v_export;
end
$$;
comment on function audit.request_export(text, uuid, bigint) is
  'Exports the sealed audit log: `ndjson` (with chain and proofs), `csv`, `ocsf` or `cef`, kept here or pushed to a collector. To a collector it goes on where the last export ended.';
revoke all on function audit.request_export(text, uuid, bigint) from public;
grant execute on function audit.request_export(text, uuid, bigint) to bulkhead_member;
