-- The registry of tokens. session.current shows a transaction its own row, and no other.
alter table session.tokens enable row level security;
alter table session.tokens force row level security;

create policy all_keeper on session.tokens to bulkhead_keeper using (true) with check (true);

-- The keeper alone: no request role, no login and not even bulkhead_owner has any right here.

-- An auditor's token is for a synthetic tenant and for the length of one call of isolation.probe(): no transaction that made one commits.
create constraint trigger auditors_never_committed after insert or update on session.tokens
  deferrable initially deferred for each row when (NEW.database_role = 'bulkhead_auditor') execute function isolation.refuse_to_commit();
alter table session.tokens enable always trigger auditors_never_committed;

-- Whatever writes a token's role, a foreign key too, gets that role's permissions with it.
create or replace trigger token_permissions before insert or update of role_key, permissions on session.tokens
  for each row execute function session.token_permissions();
