-- Synthetic tenants of an auditor's probing: for the length of one block of one function.
alter table isolation.probed enable row level security;
alter table isolation.probed force row level security;

create policy all_prober on isolation.probed to bulkhead_owner
  using (session_user = 'bulkhead_auditor')
  with check (session_user = 'bulkhead_auditor');

-- Asked at the end of the transaction, in whichever way it got there: what is still here then takes everything else with it.
create constraint trigger never_committed after insert or update on isolation.probed
  deferrable initially deferred for each row execute function isolation.refuse_to_commit();
alter table isolation.probed enable always trigger never_committed;

-- Nobody but isolation.probe() reads or writes it: there is no grant.
