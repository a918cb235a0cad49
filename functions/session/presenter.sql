create or replace function session.presenter(out person_id uuid, out sign_in_id uuid, out service text)
language sql stable security definer parallel safe
-- Without it the function is planned anew (150 µs) whenever its caller's search_path is not the last caller's.
set search_path to pg_catalog, pg_temp
begin atomic
  select p.person_id, p.sign_in_id, p.service
  from session.presented p;
end;
comment on function session.presenter() is 'Who acts in this transaction, even if the act has just ended their session. For the audit log.';
revoke all on function session.presenter() from public;
grant execute on function session.presenter() to bulkhead_owner;
