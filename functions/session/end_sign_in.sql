-- The end of a sign-in is rows: the next statement of every open session of it sees nothing.
create or replace function session.end_sign_in(sign_in_id uuid, reason text) returns boolean
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_sign_in session.sign_ins;
begin
  update session.sign_ins s set ended_at = clock_timestamp(), end_reason = end_sign_in.reason
  where s.id = end_sign_in.sign_in_id and s.ended_at is null
  returning * into v_sign_in;
  if not found then
    return false;
  end if;
  update session.tokens t set revoked_at = clock_timestamp()
  where t.sign_in_id = end_sign_in.sign_in_id and t.revoked_at is null;
  delete from session.refresh_tokens r where r.sign_in_id = end_sign_in.sign_in_id;
  perform audit.record(
    v_sign_in.workspace_id, 'session.ended', v_sign_in.id, array['end_reason'], v_sign_in.person_id, v_sign_in.id
  );
  if v_sign_in.provider_session_id is not null then
    perform queue.enqueue_identity('end_provider_session', jsonb_build_object(
      'provider_session_id', v_sign_in.provider_session_id, 'workspace_id', v_sign_in.workspace_id
    ));
  end if;
  return true;
end
$$;
comment on function session.end_sign_in(uuid, text) is 'Ends a sign-in with all its tokens, here and at the sign-in provider.';
revoke all on function session.end_sign_in(uuid, text) from public;
grant execute on function session.end_sign_in(uuid, text) to bulkhead_owner;
