create or replace function session.membership_ended() returns trigger
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  perform session.end_sign_in(NEW.id, 'membership_ended');
  return null;
end
$$;
comment on function session.membership_ended() is 'Trigger: a sign-in whose membership is gone has ended.';
revoke all on function session.membership_ended() from public;
