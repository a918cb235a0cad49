-- Whoever presents the refresh token may end its sign-in: the access token may have expired long before.
create or replace function session.sign_out(refresh_token text) returns boolean
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_sign_in_id uuid;
begin
  select r.sign_in_id into v_sign_in_id from session.refresh_tokens r where r.token_hash = session.token_hash(refresh_token);
  return v_sign_in_id is not null and session.end_sign_in(v_sign_in_id, 'signed_out');
end
$$;
comment on function session.sign_out(text) is 'Ends the sign-in that a refresh token belongs to.';
revoke all on function session.sign_out(text) from public;
grant execute on function session.sign_out(text) to bulkhead_api;
