create or replace function audit.unsealed_origins(max_origins integer)
returns table (workspace_id uuid, id uuid, person_id uuid, address text, user_agent text, kek text, wrapped_key text)
language sql stable security definer
set search_path to pg_catalog, pg_temp
as $$
  select o.workspace_id, o.id, o.person_id, o.address, o.user_agent, s.kek, s.wrapped_key
  from audit.origins o
  join audit.subjects s on s.workspace_id = o.workspace_id and s.person_id = o.person_id
  where o.sealed is null and s.wrapped_key is not null
  limit max_origins
$$;
comment on function audit.unsealed_origins(integer) is 'Origins that are still to be sealed under their person''s key.';
revoke all on function audit.unsealed_origins(integer) from public;
grant execute on function audit.unsealed_origins(integer) to bulkhead_notary;
