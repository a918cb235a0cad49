-- API processes and their public keys. Nothing of a tenant is here.
alter table sealed.callers enable row level security;
alter table sealed.callers force row level security;

create policy all_owner on sealed.callers to bulkhead_owner
  using (session_user <> 'bulkhead_auditor') with check (session_user = 'bulkhead_api');

-- No request role and no service reads or writes it but through functions.
