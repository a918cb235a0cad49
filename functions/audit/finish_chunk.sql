-- Only the worker that goes on from where the export is moves it on: a second one that was thought dead is refused.
create or replace function audit.finish_chunk(export_id uuid, former_position bigint, done_position bigint, content text default null) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_number integer;
begin
  update audit.exports x set done_position = finish_chunk.done_position, chunk_count = x.chunk_count + 1
  where x.workspace_id = session.workspace_id() and x.id = finish_chunk.export_id and x.status = 'running'
    and x.done_position = finish_chunk.former_position
  returning x.chunk_count into v_number;
  if not found then
    raise exception using errcode = 'ZA012', message = 'that part of the export has left already';
  end if;
  if content is not null then
    insert into audit.export_chunks (workspace_id, export_id, number, content)
    values (session.workspace_id(), finish_chunk.export_id, v_number, finish_chunk.content);
  end if;
end
$$;
comment on function audit.finish_chunk(uuid, bigint, bigint, text) is 'Moves an export on by one part.';
revoke all on function audit.finish_chunk(uuid, bigint, bigint, text) from public;
grant execute on function audit.finish_chunk(uuid, bigint, bigint, text) to bulkhead_notary;
