-- Called after the settings of a request's transaction, in the same burst and before its statement: an ended session fails
-- here, so nothing of the request runs, and the caller learns the reason instead of reading an empty list.
create or replace function session.admit() returns uuid
language sql volatile security definer
set search_path to pg_catalog, pg_temp
begin atomic
  select coalesce((select c.id from session.current c), session.refuse());
end;
comment on function session.admit() is 'Raises unless the session of this transaction is live; the message is the reason.';
revoke all on function session.admit() from public;
grant execute on function session.admit() to bulkhead_api;
