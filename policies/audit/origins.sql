-- Where requests came from: sealed by the notary, erased with the person. No request role reads it; the worker opens what a call names.
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

-- Whoever reads a trail may ask where its events came from: the function that asks checks them one by one.
create policy select_owner on audit.origins for select to bulkhead_owner
  using (workspace_id = any ((select audit.readable_workspaces())::uuid[]));
-- The opener gets exactly the origins that waiting calls name, through sealed.take_to_open alone.
create policy select_opener on audit.origins for select to bulkhead_owner
  using (
    session_user = 'bulkhead_opener'
    and (workspace_id, id) in (select c.workspace_id, r.id from sealed.calls c, unnest(c.row_ids) as r (id) where c.kind = 'audit.origin')
  );

-- Not watched: the events that name an origin are its record.
