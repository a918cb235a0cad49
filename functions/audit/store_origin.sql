create or replace function audit.store_origin(workspace_id uuid, id uuid, sealed text) returns void
language sql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
  update audit.origins o set sealed = store_origin.sealed, address = null, user_agent = null
  where o.workspace_id = store_origin.workspace_id and o.id = store_origin.id and o.sealed is null
$$;
comment on function audit.store_origin(uuid, uuid, text) is 'Puts an origin''s sealed form in the place of its clear one.';
revoke all on function audit.store_origin(uuid, uuid, text) from public;
grant execute on function audit.store_origin(uuid, uuid, text) to bulkhead_notary;
