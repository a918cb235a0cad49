create or replace function sealed.ask_identity(kind text, caller_id uuid, sealed_input text, context jsonb) returns uuid
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_id uuid := gen_random_uuid();
begin
  insert into sealed.calls (id, service, kind, caller_id, sealed_input, context)
  values (v_id, 'identity', ask_identity.kind, ask_identity.caller_id, ask_identity.sealed_input, ask_identity.context);
  -- One attempt: a sign-in code is good once, and an answer that comes late is no answer.
  perform queue.enqueue_identity(kind, jsonb_build_object('call_id', v_id), max_attempts => 1);
  return v_id;
end
$$;
comment on function sealed.ask_identity(text, uuid, text, jsonb) is 'Asks the identity service something on behalf of nobody yet.';
revoke all on function sealed.ask_identity(text, uuid, text, jsonb) from public;
grant execute on function sealed.ask_identity(text, uuid, text, jsonb) to bulkhead_keeper;
