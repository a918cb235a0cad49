-- The same key in another wrapping. One that was erased meanwhile stays erased.
create or replace function audit.rewrap_subject(person_id uuid, former_wrapped_key text, kek text, wrapped_key text) returns boolean
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  update audit.subjects s set kek = rewrap_subject.kek, wrapped_key = rewrap_subject.wrapped_key
  where s.workspace_id = session.workspace_id() and s.person_id = rewrap_subject.person_id
    and s.wrapped_key = rewrap_subject.former_wrapped_key;
  return found;
end
$$;
comment on function audit.rewrap_subject(uuid, text, text, text) is 'Replaces the wrapping of a person''s key, if it is still the former one.';
revoke all on function audit.rewrap_subject(uuid, text, text, text) from public;
grant execute on function audit.rewrap_subject(uuid, text, text, text) to bulkhead_notary;
