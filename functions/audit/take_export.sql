create or replace function audit.take_export(export_id uuid)
returns table (
  workspace_id uuid, format text, sink_id uuid, kind text, address text, authority text, sealed_key text, created_by uuid,
  after_position bigint, through_position bigint, done_position bigint, chunk_count integer, after_hash bytea, created_at text
)
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  update audit.exports x set status = 'running'
  where x.workspace_id = session.workspace_id() and x.id = take_export.export_id and x.status = 'queued';
  return query
  select x.workspace_id, x.format, x.sink_id, s.kind, s.address, s.authority, s.sealed_key::text, s.created_by,
    x.after_position, x.through_position, x.done_position, x.chunk_count,
    coalesce(
      (select c.hash from audit.chain c where c.workspace_id = x.workspace_id and c.position = x.after_position),
      (select t.dropped_hash from audit.tips t where t.workspace_id = x.workspace_id and t.dropped_position = x.after_position)
    ),
    to_char(x.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
  from audit.exports x left join audit.sinks s on s.workspace_id = x.workspace_id and s.id = x.sink_id
  where x.workspace_id = session.workspace_id() and x.id = take_export.export_id and x.status = 'running';
end
$$;
comment on function audit.take_export(uuid) is 'An export to work on, and how far it is.';
revoke all on function audit.take_export(uuid) from public;
grant execute on function audit.take_export(uuid) to bulkhead_notary;
