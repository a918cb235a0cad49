-- Whoever can log in as the API may register a key; it receives answers to its own questions only.
create or replace function sealed.register_caller(public_key text) returns uuid
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_id uuid;
begin
  insert into sealed.callers (public_key) values (register_caller.public_key) returning id into v_id;
  return v_id;
end
$$;
comment on function sealed.register_caller(text) is 'Registers an API process by the public key that its answers are sealed to.';
revoke all on function sealed.register_caller(text) from public;
grant execute on function sealed.register_caller(text) to bulkhead_api;
