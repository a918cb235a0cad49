create or replace function sealed.take_identity(
  call_id uuid, out kind text, out caller_id uuid, out public_key text, out sealed_input text, out context jsonb
)
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_call sealed.calls;
begin
  delete from sealed.calls c
  where c.id = call_id and c.service = 'identity' and c.expires_at > clock_timestamp()
  returning * into v_call;
  kind := v_call.kind;
  caller_id := v_call.caller_id;
  sealed_input := v_call.sealed_input;
  context := v_call.context;
  select r.public_key into take_identity.public_key from sealed.callers r where r.id = v_call.caller_id;
end
$$;
comment on function sealed.take_identity(uuid) is 'Takes a call that waits for the identity service, once.';
revoke all on function sealed.take_identity(uuid) from public;
grant execute on function sealed.take_identity(uuid) to bulkhead_identity;
