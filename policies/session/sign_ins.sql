-- Sign-ins, as the keeper's functions need them before there is a session.
alter table session.sign_ins enable row level security;
alter table session.sign_ins force row level security;

create policy all_keeper on session.sign_ins to bulkhead_keeper using (true) with check (true);

-- The keeper alone: no request role, no login and not even bulkhead_owner has any right here.

-- The foreign key empties the standing when a membership goes; the sign-in ends with it, here and at the provider.
create or replace trigger membership_ended after update of membership_id on session.sign_ins
  for each row when (old.membership_id is not null and new.membership_id is null)
  execute function session.membership_ended();
