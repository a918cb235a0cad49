-- Inlined into the triggers' statement.
create or replace function audit.origin_id() returns uuid
language sql stable parallel safe
begin atomic
  select nullif(current_setting('request.origin', true), '')::uuid;
end;
comment on function audit.origin_id() is 'The origin that this transaction names: it counts if it is its sign-in''s own.';
revoke all on function audit.origin_id() from public;
