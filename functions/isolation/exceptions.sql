-- What a check would report and is meant, each with its reason. With an expression it holds for exactly that text of a policy:
-- whoever loosens the policy has to come here and say why.
-- Risks that are accepted for a time, rather than meant, stand in isolation/baseline.json with an expiry.
create or replace function isolation.exceptions() returns table (check_id text, object text, expression text, reason text)
language sql stable
begin atomic
  select v.check_id, v.object, v.expression, v.reason
  from (values
    -- Before there is a session, the identity service's functions find out where a person belongs.
    ('P1', 'tenancy.workspaces.*_identity', 'session_user = ''bulkhead_identity''', 'sign-in, before there is a session'),
    ('P1', 'tenancy.people.*_identity', 'session_user = ''bulkhead_identity''', 'sign-in, before there is a session'),
    ('P1', 'tenancy.memberships.*_identity', 'session_user = ''bulkhead_identity''', 'sign-in, before there is a session'),
    ('P1', 'tenancy.invitations.*_identity', 'session_user = ''bulkhead_identity''', 'sign-in, before there is a session'),
    -- The opener serves every workspace, a call at a time: it gets the rows that waiting calls name.
    ('P1', 'keyring.workspace_keys.select_opener', 'session_user = ''bulkhead_opener'' and workspace_id in (select c.workspace_id from sealed.calls c)',
      'the keys of the workspaces that waiting calls name'),
    ('P1', 'keyring.workspace_keys.select_deployer', 'session_user = ''bulkhead_deploy''', 'the operator''s command after a new key-encryption key was set'),
    ('P1', 'audit.subjects.select_deployer', 'session_user = ''bulkhead_deploy''', 'the operator''s command after a new key-encryption key was set'),
    ('P1', 'mail.messages.select_opener', 'session_user = ''bulkhead_opener'' and (workspace_id, id) in (select c.workspace_id, r.id from sealed.calls c, lateral unnest(c.row_ids) r(id))',
      'the messages that waiting calls name'),
    -- Calls: asked in a session (or for a sign-in, without a workspace), taken by the service that they are for.
    ('P1', 'audit.subjects.select_opener', 'session_user = ''bulkhead_opener'' and (workspace_id, person_id) in (select c.workspace_id, r.id from sealed.calls c, lateral unnest(c.row_ids) r(id) where c.kind = ''audit.subject'')',
      'the people whom waiting calls name'),
    ('P1', 'audit.subjects.select_opener_of_origins', 'session_user = ''bulkhead_opener'' and (workspace_id, person_id) in (select o.workspace_id, o.person_id from sealed.calls c, lateral unnest(c.row_ids) r(id), audit.origins o where c.kind = ''audit.origin'' and o.workspace_id = c.workspace_id and o.id = r.id)',
      'a worker reads the wrapped keys of the people whose origins waiting calls name'),
    ('P1', 'audit.origins.select_opener', 'session_user = ''bulkhead_opener'' and (workspace_id, id) in (select c.workspace_id, r.id from sealed.calls c, lateral unnest(c.row_ids) r(id) where c.kind = ''audit.origin'')',
      'a worker reads the sealed origins that waiting calls name'),
    ('P1', 'sealed.calls.insert_asker', '(service = ''opener'' and workspace_id = (select session.workspace_id())) or (service = ''opener'' and kind = any (array[''audit.subject'', ''audit.origin'']) and workspace_id = any ((select audit.readable_workspaces())::uuid[])) or (service = ''identity'' and workspace_id is null)',
      'a sign-in has no workspace yet; an agency''s owner asks for names in the trail of a workspace under theirs'),
    ('P1', 'sealed.calls.*_service', 'session_user = (''bulkhead_'' || service) or session_user = ''bulkhead_janitor''', 'a service takes what waits for it'),
    -- The audit log is written for sign-ins and clean-ups too, which have no session: by triggers, from rows that their own tables' policies
    -- have let in, and by audit.append, which takes a session's own workspace only.
    ('P1', 'audit.events.insert_owner', 'session_user <> ''bulkhead_auditor'' and workspace_id is not null', 'triggers write what their tables'' policies let in'),
    -- The notary seals every workspace's log; rows hold pseudonyms, and names are sealed by it.
    ('P1', 'audit.*_notary', 'session_user = ''bulkhead_notary''', 'seals every workspace''s log, through its own functions'),
    ('P1', 'tenancy.people.select_notary', 'session_user = ''bulkhead_notary''', 'seals names under their people''s own keys'),
    ('P1', 'audit.tips.all_notary', 'session_user = any (array[''bulkhead_notary'', ''bulkhead_janitor''])', 'ends of chains: hashes only'),
    ('P1', 'audit.*.select_janitor', 'session_user = ''bulkhead_janitor''', 'retention asks which workspaces a month holds'),
    ('P1', 'audit.*.select_owner', 'workspace_id = any ((select audit.readable_workspaces())::uuid[])', 'the session''s workspace; for an agency''s owner those under theirs'),
    ('P1', 'audit.proofs.select_owner', 'session_user = ''bulkhead_notary'' or workspace_id = any ((select audit.readable_workspaces())::uuid[])', 'hashes only'),
    ('P1', 'audit.roots.select_owner', 'session_user = ''bulkhead_notary'' or (select session.workspace_id()) is not null', 'a root is 32 bytes over all workspaces, to be published'),
    ('P1', 'audit.notary_state.select_owner', 'session_user = ''bulkhead_notary'' or (select session.workspace_id()) is not null', 'a snapshot and a time'),
    ('P1', 'audit.origins.all_by_presenter', 'sign_in_id = (select p.sign_in_id from session.presented p)', 'the presented sign-in''s own origin, even if the act has just ended it'),
    ('P1', 'tenancy.workspaces.select_agency_owner', 'parent_id = (select audit.agency_id())', 'functions find the workspaces under an agency owner''s'),
    ('F3', 'audit.ensure_partitions()', null, 'makes months by names of its own'),
    ('F3', 'audit.drop_expired_partitions()', null, 'drops months by names from the catalog'),
    ('F3', 'tenancy.remove_deleted_rows(*', null, 'names tables from a list of its own; values are parameters'),
    ('F3', 'audit.search_events(*', null, 'chooses conditions from literals of its own; values are parameters'),
    -- An auditor's probing: rows of workspaces that the same transaction made up, which never commits (policies/isolation/probed.sql).
    ('P1', 'tenancy.workspaces.insert_probed', 'session_user = ''bulkhead_auditor'' and isolation.is_probed(id)', 'a synthetic tenant of a probing run, never committed'),
    ('P1', '*_probed', 'session_user = ''bulkhead_auditor'' and isolation.is_probed(workspace_id)', 'a synthetic tenant of a probing run, never committed'),
    ('P1', 'connections.providers.insert_probed', 'session_user = ''bulkhead_auditor'' and isolation.is_probing()', 'a provider for a synthetic tenant, never committed'),
    ('P1', 'isolation.probed.all_prober', 'session_user = ''bulkhead_auditor''', 'synthetic tenants of this transaction, which never commits'),
    ('F3', 'isolation.probe_as_bulkhead_*', null, 'run the prober''s own statements, with a request role''s rights; nobody else may call them'),
    -- What can be connected is the same for every workspace; each service speaks for its own providers.
    ('P1', 'connections.providers.*_service', 'session_user = (''bulkhead_'' || service)', 'a service declares its own providers'),
    ('M1', 'connections.connections.select_member', 'workspace_id = (select session.workspace_with(''connections.read'')) and (person_id = (select session.person_id()) or (select session.can(''connections.oversee'')))',
      'narrower than the permission: one''s own, unless one oversees the workspace''s connections'),
    -- Keys that span workspaces.
    ('C1', 'tenancy.workspaces.workspace_organization_unique', null, 'an organization belongs to one workspace; only the identity service writes it'),
    ('C1', 'sealed.calls.calls_pkey', null, 'a random id, gone within seconds; a sign-in''s call has no workspace'),
    ('C2', 'tenancy.workspaces.workspaces_parent_id_fkey', null, 'an agency''s workspace above its clients''; it gives no right, and only the identity service writes it'),
    -- Calls of a sign-in come before a workspace is known.
    ('T7', 'sealed.calls.workspace_id', null, 'a sign-in has no workspace yet')
  ) as v (check_id, object, expression, reason);
end;
comment on function isolation.exceptions() is 'What looks wrong and is meant, with its reason.';
revoke all on function isolation.exceptions() from public;
grant execute on function isolation.exceptions() to bulkhead_auditor;
