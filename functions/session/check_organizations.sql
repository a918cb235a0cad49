-- What a sign-in or an event says about organizations is a reason to ask the provider, whose list is what counts.
create or replace function session.check_organizations(subject text) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_person_id uuid;
begin
  select i.person_id into v_person_id from session.identities i where i.provider = 'workos' and i.subject = check_organizations.subject;
  if found then
    perform queue.enqueue_identity(
      'check_organizations', jsonb_build_object('person_id', v_person_id), 'check_organizations:' || v_person_id
    );
  end if;
end
$$;
comment on function session.check_organizations(text) is 'Lets the sign-in provider be asked which organizations a person is still in.';
revoke all on function session.check_organizations(text) from public;
grant execute on function session.check_organizations(text) to bulkhead_identity;
