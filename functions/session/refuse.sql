-- Apart from session.admit, which is on every request's way.
create or replace function session.refuse() returns uuid
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_reason text;
begin
  select a.reason into v_reason from session.authenticate(current_setting('session.token', true)) a;
  -- A token that is good for something else is none here.
  raise exception using errcode = 'ZS020', message = coalesce(v_reason, 'SESSION_UNKNOWN');
end
$$;
comment on function session.refuse() is 'Raises the reason why the presented token is no session.';
revoke all on function session.refuse() from public;
