-- From where: what the API says with the token, once for a sign-in's address and client. Its requests then carry the id
-- that this answers as the setting request.origin, and each event keeps it: no look-up in the path of a write. Whoever
-- forges an address forges only their own, for it is noted under the sign-in that was presented; and an id of somebody
-- else's origin says nothing, for an origin counts for the events of its own sign-in alone.
-- The id is random, so that erasing the origin leaves nothing to guess at. Of somebody who was erased nothing is noted any more: there
-- is no key to seal it under, so it would stay in clear.
create or replace function audit.note_origin(address text, user_agent text) returns uuid
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_address text := left(address, 64);
  v_user_agent text := left(coalesce(user_agent, ''), 500);
  v_digest bytea := sha256(convert_to(v_address || ' ' || v_user_agent, 'UTF8'));
  v_actor session.presented;
  v_id uuid;
begin
  select * into v_actor from session.presented;
  -- A session that has ended writes nothing, and is refused afterwards.
  if v_actor.sign_in_id is null or coalesce(v_address, '') = '' or session.workspace_id() is null then
    return null;
  end if;
  if exists (
    select from audit.subjects s
    where s.workspace_id = v_actor.workspace_id and s.person_id = v_actor.person_id and s.erased_at is not null
  ) then
    return null;
  end if;
  select o.id into v_id from audit.origins o
  where o.workspace_id = v_actor.workspace_id and o.sign_in_id = v_actor.sign_in_id and o.digest = v_digest;
  if v_id is null then
    if (select count(*) >= 100 from audit.origins o where o.workspace_id = v_actor.workspace_id and o.sign_in_id = v_actor.sign_in_id)
      or exists (
        select from audit.subjects s
        where s.workspace_id = v_actor.workspace_id and s.person_id = v_actor.person_id and s.erased_at is not null
      )
    then
      return null;
    end if;
    insert into audit.origins (workspace_id, person_id, sign_in_id, digest, address, user_agent)
    values (v_actor.workspace_id, v_actor.person_id, v_actor.sign_in_id, v_digest, v_address, v_user_agent)
    on conflict on constraint origin_once do nothing
    returning id into v_id;
  end if;
  if v_id is null then
    select o.id into v_id from audit.origins o
    where o.workspace_id = v_actor.workspace_id and o.sign_in_id = v_actor.sign_in_id and o.digest = v_digest;
  end if;
  return v_id;
end
$$;
comment on function audit.note_origin(text, text) is
  E'@behavior -*\nThe id of this session''s address and client, for the setting request.origin of its requests; null without a session or an address, and for somebody who was erased.';
revoke all on function audit.note_origin(text, text) from public;
grant execute on function audit.note_origin(text, text) to bulkhead_member, bulkhead_agent, bulkhead_recipient;
