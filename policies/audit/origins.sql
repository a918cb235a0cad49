-- Where requests came from. Not read through the API; sealed by the notary, erased with the person.
alter table audit.origins enable row level security;
alter table audit.origins force row level security;

-- Definer functions stay inside the tenant of the session too.
create policy all_owner on audit.origins to bulkhead_owner
  using (workspace_id = (select session.workspace_id()))
  with check (workspace_id = (select session.workspace_id()));

-- First in the alphabet, so asked first: it costs less than the session's functions.
-- Written with the event, even by the very act that ends the session: by the token that was presented, alive or not.
create policy all_by_presenter on audit.origins to bulkhead_owner
  using (sign_in_id = (select p.sign_in_id from session.presented p))
  with check (sign_in_id = (select p.sign_in_id from session.presented p));
create policy all_notary on audit.origins to bulkhead_owner
  using (session_user = 'bulkhead_notary') with check (session_user = 'bulkhead_notary');

-- Not watched: the events that name an origin are its record.
