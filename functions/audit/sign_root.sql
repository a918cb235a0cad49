-- Proofs: [{ workspace_id, position, leaf_index, path: [hex] }], of the heads that have moved since the last root.
create or replace function audit.sign_root(number bigint, root bytea, leaf_count integer, signed_at timestamptz, signature text, proofs jsonb)
returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  insert into audit.roots (number, root, leaf_count, signed_at, signature)
  values (sign_root.number, sign_root.root, sign_root.leaf_count, sign_root.signed_at, sign_root.signature);
  insert into audit.proofs (workspace_id, position, root_number, leaf_index, path)
  select p.workspace_id, p.position, sign_root.number, p.leaf_index, array(select decode(h, 'hex') from unnest(p.path) h)
  from jsonb_to_recordset(sign_root.proofs) as p (workspace_id uuid, position bigint, leaf_index integer, path text[]);
  update audit.tips t set root_number = sign_root.number
  from jsonb_to_recordset(sign_root.proofs) as p (workspace_id uuid) where t.workspace_id = p.workspace_id;
end
$$;
comment on function audit.sign_root(bigint, bytea, integer, timestamptz, text, jsonb) is 'Adds a signed root and the proofs of the heads under it.';
revoke all on function audit.sign_root(bigint, bytea, integer, timestamptz, text, jsonb) from public;
grant execute on function audit.sign_root(bigint, bytea, integer, timestamptz, text, jsonb) to bulkhead_notary;
