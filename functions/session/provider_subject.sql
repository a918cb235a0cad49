create or replace function session.provider_subject(person_id uuid) returns text
language sql stable security definer
begin atomic
  select i.subject from session.identities i where i.provider = 'workos' and i.person_id = provider_subject.person_id;
end;
comment on function session.provider_subject(uuid) is 'Who a person is to the sign-in provider.';
revoke all on function session.provider_subject(uuid) from public;
grant execute on function session.provider_subject(uuid) to bulkhead_identity;
