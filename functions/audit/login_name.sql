-- Not inlined either: see audit.actor_kind.
create or replace function audit.login_name() returns text
language sql stable parallel safe
set search_path to pg_catalog, pg_temp
begin atomic
  select nullif(replace(session_user::text, 'bulkhead_', ''), 'api');
end;
comment on function audit.login_name() is 'The login of this connection, if it is not the API''s.';
revoke all on function audit.login_name() from public;
