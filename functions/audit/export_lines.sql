-- For a DBA (a superuser: it runs with the caller's own rights, and is granted to nobody), with nothing but psql: the same file that the
-- notary makes. A head's line stands in the value of the event that it covers, so that no million of rows is sorted.
create or replace function audit.export_lines(workspace_id uuid, after_position bigint default 0, through_position bigint default null)
returns setof text
language sql stable
set search_path to pg_catalog, pg_temp
as $$
  with bounds as (
    select t.workspace_id, greatest(export_lines.after_position, t.dropped_position) as after,
      least(export_lines.through_position, t.position) as through, t.dropped_position, t.dropped_hash
    from audit.tips t where t.workspace_id = export_lines.workspace_id
  )
  select json_build_object(
    'type', 'header', 'format', 'bulkhead-audit/1', 'workspace_id', b.workspace_id, 'after_position', b.after, 'through_position', b.through,
    'after_hash', encode(coalesce(
      (select c.hash from audit.chain c where c.workspace_id = b.workspace_id and c.position = b.after),
      case when b.after = b.dropped_position then b.dropped_hash end), 'hex'),
    'exported_at', to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
  )::text
  from bounds b
  union all
  (
    select json_build_object(
      'type', 'event', 'position', c.position, 'hash', encode(c.hash, 'hex'), 'event_id', c.event_id,
      'event', case when e.id is not null then json_build_object(
        'workspace_id', e.workspace_id, 'id', e.id, 'occurred_at', to_char(e.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'action', e.action, 'row_id', e.row_id, 'changed_columns', e.changed_columns, 'details', e.details, 'actor', e.actor,
        'person_id', e.person_id, 'sign_in_id', e.sign_in_id, 'service', e.service, 'request_id', e.request_id, 'origin_id', e.origin_id
      ) end
    )::text || coalesce((
      select E'\n' || json_build_object('type', 'head', 'position', h.position, 'signature', h.signature, 'root', (
        select json_build_object('signature', r.signature, 'leaf_index', p.leaf_index,
          'path', array(select encode(x, 'hex') from unnest(p.path) with ordinality as u (x, n) order by n))
        from audit.proofs p join audit.roots r on r.number = p.root_number
        where p.workspace_id = h.workspace_id and p.position = h.position order by p.root_number limit 1
      ))::text
      from audit.heads h where h.workspace_id = c.workspace_id and h.position = c.position
    ), '')
    from bounds b
    join audit.chain c on c.workspace_id = b.workspace_id and c.position > b.after and c.position <= b.through
    left join audit.events e on e.workspace_id = c.workspace_id and e.id = c.event_id
    order by c.position
  )
$$;
comment on function audit.export_lines(uuid, bigint, bigint) is 'The sealed log of a workspace as the lines of an NDJSON export. For a DBA in psql.';
revoke all on function audit.export_lines(uuid, bigint, bigint) from public;
