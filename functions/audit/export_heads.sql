-- The signed heads within a range, and the newest proof that ties one of them to a root.
create or replace function audit.export_heads(after_position bigint, through_position bigint, max_heads integer)
returns table ("position" bigint, hash bytea, signature text, root_number bigint, root_signature text, leaf_index integer, path text[])
language sql stable security definer
set search_path to pg_catalog, pg_temp
as $$
  select h.position, h.hash, h.signature, p.root_number, r.signature, p.leaf_index,
    (select array_agg(encode(x, 'hex') order by n) from unnest(p.path) with ordinality as u (x, n))
  from audit.heads h
  left join lateral (
    select * from audit.proofs p where p.workspace_id = h.workspace_id and p.position = h.position order by p.root_number limit 1
  ) p on true
  left join audit.roots r on r.number = p.root_number
  where h.workspace_id = session.workspace_id()
    and h.position > export_heads.after_position and h.position <= export_heads.through_position
  order by h.position
  limit max_heads
$$;
comment on function audit.export_heads(bigint, bigint, integer) is 'Signed heads of the ticket''s workspace, with their proofs.';
revoke all on function audit.export_heads(bigint, bigint, integer) from public;
grant execute on function audit.export_heads(bigint, bigint, integer) to bulkhead_notary;
