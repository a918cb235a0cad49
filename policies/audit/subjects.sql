-- Who a pseudonym is: sealed. Members see that there is such a person, and whether they were erased.
alter table audit.subjects enable row level security;
alter table audit.subjects force row level security;

-- Definer functions stay inside the tenant of the session too.
create policy all_owner on audit.subjects to bulkhead_owner
  using (workspace_id = (select session.workspace_id()))
  with check (workspace_id = (select session.workspace_id()));

-- Whoever reads an agency's client's trail may ask who its people are: the function that asks checks them one by one.
create policy select_owner on audit.subjects for select to bulkhead_owner
  using (workspace_id = any ((select audit.readable_workspaces())::uuid[]));
-- The opener gets exactly the people whom waiting calls name, through sealed.take_to_open alone.
create policy select_opener on audit.subjects for select to bulkhead_owner
  using (
    session_user = 'bulkhead_opener'
    and (workspace_id, person_id) in (select c.workspace_id, r.id from sealed.calls c, unnest(c.row_ids) as r (id) where c.kind = 'audit.subject')
  );
-- And the keys of those whose origins waiting calls name.
create policy select_opener_of_origins on audit.subjects for select to bulkhead_owner
  using (
    session_user = 'bulkhead_opener'
    and (workspace_id, person_id) in (
      select o.workspace_id, o.person_id
      from sealed.calls c, unnest(c.row_ids) as r (id), audit.origins o
      where c.kind = 'audit.origin' and o.workspace_id = c.workspace_id and o.id = r.id
    )
  );
create policy all_notary on audit.subjects to bulkhead_owner
  using (session_user = 'bulkhead_notary') with check (session_user = 'bulkhead_notary');
create policy select_member on audit.subjects for select to bulkhead_member
  using (workspace_id = (select session.workspace_with('audit.read')));
grant select (workspace_id, person_id, sealed_at, erased_at) on audit.subjects to bulkhead_member;

-- Whoever deploys counts what a key-encryption key wraps, through functions of the keyring.
create policy select_deployer on audit.subjects for select to bulkhead_owner
  using (session_user = 'bulkhead_deploy');

-- Not watched: sealing is the notary's own, erasing is an event of its own.
