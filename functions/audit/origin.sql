-- From where: what the API said with the token. Whoever forges it forges only their own: an origin belongs to the sign-in
-- that was presented, and the sign-in's own address stands beside it. The log holds a random id, so that erasing the
-- origin leaves nothing to guess at.
create or replace function audit.origin(workspace_id uuid, person_id uuid, sign_in_id uuid) returns uuid
language plpgsql volatile
set search_path to pg_catalog, pg_temp
as $$
declare
  v_address text := left(current_setting('request.address', true), 64);
  v_user_agent text := left(coalesce(current_setting('request.user_agent', true), ''), 500);
  v_digest bytea := sha256(convert_to(v_address || ' ' || v_user_agent, 'UTF8'));
  v_id uuid;
begin
  select o.id into v_id from audit.origins o
  where o.workspace_id = origin.workspace_id and o.sign_in_id = origin.sign_in_id and o.digest = v_digest;
  if v_id is null then
    insert into audit.origins (workspace_id, person_id, sign_in_id, digest, address, user_agent)
    values (origin.workspace_id, origin.person_id, origin.sign_in_id, v_digest, v_address, v_user_agent)
    on conflict on constraint origin_once do nothing
    returning id into v_id;
  end if;
  if v_id is null then
    select o.id into v_id from audit.origins o
    where o.workspace_id = origin.workspace_id and o.sign_in_id = origin.sign_in_id and o.digest = v_digest;
  end if;
  return v_id;
end
$$;
comment on function audit.origin(uuid, uuid, uuid) is 'The origin of this request: an address and client of its sign-in.';
revoke all on function audit.origin(uuid, uuid, uuid) from public;
