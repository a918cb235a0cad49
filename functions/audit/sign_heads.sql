-- A chain goes on from its own end, or not at all.
create or replace function audit.sign_heads(
  workspace_ids uuid[], former_positions bigint[], positions bigint[], hashes bytea[], sealed_at timestamptz, signatures text[]
) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_count integer;
begin
  insert into audit.tips (workspace_id, position, hash)
  select u.workspace_id, u.place, u.hash
  from unnest(workspace_ids, former_positions, positions, hashes) as u (workspace_id, former, place, hash)
  on conflict (workspace_id) do update set position = excluded.position, hash = excluded.hash
  where tips.position = (former_positions)[array_position(workspace_ids, tips.workspace_id)];
  get diagnostics v_count = row_count;
  if v_count <> cardinality(workspace_ids) then
    raise exception using errcode = 'ZA008', message = 'the chain and the log do not agree';
  end if;
  insert into audit.heads (workspace_id, position, hash, sealed_at, signature)
  select u.workspace_id, u.place, u.hash, sign_heads.sealed_at, u.signature
  from unnest(workspace_ids, positions, hashes, signatures) as u (workspace_id, place, hash, signature);
end
$$;
comment on function audit.sign_heads(uuid[], bigint[], bigint[], bytea[], timestamptz, text[]) is 'Moves the ends of chains on, with their signatures.';
revoke all on function audit.sign_heads(uuid[], bigint[], bigint[], bytea[], timestamptz, text[]) from public;
grant execute on function audit.sign_heads(uuid[], bigint[], bigint[], bytea[], timestamptz, text[]) to bulkhead_notary;
