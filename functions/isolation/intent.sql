-- The model: every right that is meant, and no other. Written by hand, never derived from what the policies happen to say:
-- a right that is granted and not listed is a finding (M1), and so is one that is listed and not granted (M2).
-- A new table or function that a request or a service may use needs its line here.
-- Names may hold `*`. `permission`: the policy must ask for exactly this one, through session.workspace_with.
create or replace function isolation.intent() returns table (
  role text, object text, commands text[], columns text[], rows text, permission text, reason text
)
language sql immutable
begin atomic
  select v.role, v.object, string_to_array(v.commands, ' '), string_to_array(v.columns, ' '), v.rows, v.permission, v.reason
  from (values
    -- Members read their own workspace, each table under its permission. They write through functions only.
    ('bulkhead_member', 'tenancy.workspaces', 'SELECT', 'id name parent_id organization_id default_role_key created_at', 'own', 'workspace.read', 'a member sees the workspace'),
    ('bulkhead_member', 'tenancy.people', 'SELECT', 'workspace_id id email name created_at', 'own', 'people.read', 'colleagues'),
    ('bulkhead_member', 'tenancy.memberships', 'SELECT', 'workspace_id id person_id role_key status created_at', 'own', 'people.read', 'colleagues'' roles'),
    ('bulkhead_member', 'tenancy.teams', 'SELECT', 'workspace_id id name created_at', 'own', 'teams.read', 'teams'),
    ('bulkhead_member', 'tenancy.team_members', 'SELECT', 'workspace_id id team_id membership_id created_at', 'own', 'teams.read', 'who is in a team'),
    ('bulkhead_member', 'tenancy.invitations', 'SELECT', 'workspace_id id email role_key invited_by created_at expires_at accepted_at revoked_at', 'own', 'invitations.read', 'open invitations'),
    ('bulkhead_member', 'mail.inboxes', 'SELECT', 'workspace_id id name created_at', 'own', 'inboxes.read', 'inboxes'),
    ('bulkhead_member', 'mail.conversations', 'SELECT', 'workspace_id id inbox_id message_count last_message_at created_at', 'own', 'messages.read', 'conversations'),
    ('bulkhead_member', 'mail.messages', 'SELECT', 'workspace_id id inbox_id conversation_id import_id sent_at received_at sort_at size attachment_count', 'own', 'messages.read', 'messages; their ciphertext is nobody''s to select'),
    ('bulkhead_member', 'mail.attachments', 'SELECT', 'workspace_id id message_id position size', 'own', 'messages.read', 'attachments; their ciphertext is nobody''s to select'),
    ('bulkhead_member', 'mail.imports', 'SELECT', 'workspace_id id inbox_id requested_by status imported_count unchanged_count failed_count total_count error_code created_at finished_at', 'own', 'messages.import', 'progress of an import'),
    ('bulkhead_member', 'mail.import_errors', 'SELECT', 'workspace_id id import_id position code message', 'own', 'messages.import', 'what an import could not read'),
    ('bulkhead_member', 'audit.events', 'SELECT', 'workspace_id id occurred_at action row_id changed_columns person_id sign_in_id service', 'own', 'audit.read', 'the audit log'),
    -- The catalogue is one for all workspaces.
    ('bulkhead_member', 'tenancy.permissions', 'SELECT', 'key description', 'all', null, 'the catalogue says nothing of any tenant'),
    ('bulkhead_member', 'tenancy.roles', 'SELECT', 'key level name description', 'all', null, 'the catalogue says nothing of any tenant'),
    ('bulkhead_member', 'tenancy.role_permissions', 'SELECT', 'role_key permission_key', 'all', null, 'the catalogue says nothing of any tenant'),
    -- What a member may do.
    ('bulkhead_member', 'tenancy.add_team_member', 'EXECUTE', null, 'own', 'teams.manage', 'mutation'),
    ('bulkhead_member', 'tenancy.change_member_role', 'EXECUTE', null, 'own', 'memberships.manage', 'mutation'),
    ('bulkhead_member', 'tenancy.create_team', 'EXECUTE', null, 'own', 'teams.manage', 'mutation'),
    ('bulkhead_member', 'tenancy.current_person', 'EXECUTE', null, 'own', null, 'who am I'),
    ('bulkhead_member', 'tenancy.current_workspace', 'EXECUTE', null, 'own', null, 'where am I'),
    ('bulkhead_member', 'tenancy.delete_team', 'EXECUTE', null, 'own', 'teams.manage', 'mutation'),
    ('bulkhead_member', 'tenancy.end_member_sessions', 'EXECUTE', null, 'own', 'sessions.revoke', 'mutation'),
    ('bulkhead_member', 'tenancy.invite_person', 'EXECUTE', null, 'own', 'invitations.manage', 'mutation'),
    ('bulkhead_member', 'tenancy.leave_workspace', 'EXECUTE', null, 'own', null, 'mutation'),
    ('bulkhead_member', 'tenancy.reactivate_member', 'EXECUTE', null, 'own', 'memberships.manage', 'mutation'),
    ('bulkhead_member', 'tenancy.remove_member', 'EXECUTE', null, 'own', 'memberships.manage', 'mutation'),
    ('bulkhead_member', 'tenancy.remove_team_member', 'EXECUTE', null, 'own', 'teams.manage', 'mutation'),
    ('bulkhead_member', 'tenancy.revoke_invitation', 'EXECUTE', null, 'own', 'invitations.manage', 'mutation'),
    ('bulkhead_member', 'tenancy.set_session_policy', 'EXECUTE', null, 'own', 'session_policy.update', 'mutation'),
    ('bulkhead_member', 'tenancy.suspend_member', 'EXECUTE', null, 'own', 'memberships.manage', 'mutation'),
    ('bulkhead_member', 'tenancy.update_workspace', 'EXECUTE', null, 'own', 'workspace.update', 'mutation'),
    ('bulkhead_member', 'mail.create_inbox', 'EXECUTE', null, 'own', 'inboxes.manage', 'mutation'),
    ('bulkhead_member', 'mail.import_messages', 'EXECUTE', null, 'own', 'messages.import', 'mutation'),
    ('bulkhead_member', 'sealed.ask_to_open', 'EXECUTE', null, 'own', 'messages.read', 'asks the worker to open messages'),
    ('bulkhead_agent', 'sealed.ask_to_open', 'EXECUTE', null, 'own', 'messages.read', 'asks the worker to open messages'),
    -- The context of one's own session.
    ('bulkhead_member', 'session.can', 'EXECUTE', null, 'own', null, 'about its own session'),
    ('bulkhead_member', 'session.person_id', 'EXECUTE', null, 'own', null, 'about its own session'),
    ('bulkhead_member', 'session.workspace_id', 'EXECUTE', null, 'own', null, 'about its own session'),
    ('bulkhead_member', 'session.workspace_with', 'EXECUTE', null, 'own', null, 'about its own session'),
    ('bulkhead_agent', 'session.can', 'EXECUTE', null, 'own', null, 'about its own session'),
    ('bulkhead_agent', 'session.person_id', 'EXECUTE', null, 'own', null, 'about its own session'),
    ('bulkhead_agent', 'session.workspace_id', 'EXECUTE', null, 'own', null, 'about its own session'),
    ('bulkhead_agent', 'session.workspace_with', 'EXECUTE', null, 'own', null, 'about its own session'),
    -- The API's login, before there is a session.
    ('bulkhead_api', 'session.accept_desktop_callback', 'EXECUTE', null, 'own', null, 'sign-in'),
    ('bulkhead_api', 'session.allow', 'EXECUTE', null, 'own', null, 'rate limits before there is a session'),
    ('bulkhead_api', 'session.authenticate', 'EXECUTE', null, 'own', null, 'who is this token'),
    ('bulkhead_api', 'session.cancel_sign_in', 'EXECUTE', null, 'own', null, 'sign-in'),
    ('bulkhead_api', 'session.refresh', 'EXECUTE', null, 'own', null, 'trades a refresh token'),
    ('bulkhead_api', 'session.sign_out', 'EXECUTE', null, 'own', null, 'ends the sign-in of a refresh token'),
    ('bulkhead_api', 'session.start_sign_in', 'EXECUTE', null, 'own', null, 'sign-in'),
    ('bulkhead_api', 'session.submit_desktop_sign_in', 'EXECUTE', null, 'own', null, 'sign-in'),
    ('bulkhead_api', 'session.submit_web_sign_in', 'EXECUTE', null, 'own', null, 'sign-in'),
    ('bulkhead_api', 'sealed.dispatch', 'EXECUTE', null, 'own', null, 'enqueues the calls of one tick, by ids that it alone knows'),
    ('bulkhead_api', 'sealed.register_caller', 'EXECUTE', null, 'own', null, 'its own public key'),
    -- Services: their own functions, their own queue.
    ('bulkhead_identity', 'sealed.take_identity', 'EXECUTE', null, 'own', null, 'the sign-in in hand'),
    ('bulkhead_identity', 'session.complete_sign_in', 'EXECUTE', null, 'all', null, 'finds out where a person belongs, before there is a session'),
    ('bulkhead_identity', 'tenancy.provision_workspace', 'EXECUTE', null, 'all', null, 'makes a workspace for an organization'),
    ('bulkhead_opener', 'sealed.take_to_open', 'EXECUTE', null, 'all', null, 'ciphertext of the rows that waiting calls name'),
    ('bulkhead_janitor', 'session.clean_up', 'EXECUTE', null, 'all', null, 'removes what has expired'),
    ('bulkhead_janitor', 'session.claim_ticket', 'EXECUTE', null, 'own', null, 'acts on a ticket'),
    ('bulkhead_janitor', 'session.finish_ticket', 'EXECUTE', null, 'own', null, 'acts on a ticket'),
    ('bulkhead_mail_sync', 'session.claim_ticket', 'EXECUTE', null, 'own', null, 'acts on a ticket'),
    ('bulkhead_mail_sync', 'session.finish_ticket', 'EXECUTE', null, 'own', null, 'acts on a ticket'),
    ('bulkhead_mail_sync', 'keyring.add_key', 'EXECUTE', null, 'own', null, 'in the ticket''s workspace'),
    ('bulkhead_mail_sync', 'keyring.keys', 'EXECUTE', null, 'own', null, 'in the ticket''s workspace'),
    ('bulkhead_mail_sync', 'mail.finish_import', 'EXECUTE', null, 'own', null, 'in the ticket''s workspace'),
    ('bulkhead_mail_sync', 'mail.refuse_message', 'EXECUTE', null, 'own', null, 'in the ticket''s workspace'),
    ('bulkhead_mail_sync', 'mail.store_message', 'EXECUTE', null, 'own', null, 'in the ticket''s workspace'),
    ('bulkhead_mail_sync', 'mail.take_import', 'EXECUTE', null, 'own', null, 'in the ticket''s workspace'),
    ('bulkhead_identity', 'queue_identity.*', 'SELECT INSERT UPDATE DELETE EXECUTE USAGE', null, 'all', null, 'its own queue: ids, no content'),
    ('bulkhead_opener', 'queue_opener.*', 'SELECT INSERT UPDATE DELETE EXECUTE USAGE', null, 'all', null, 'its own queue: ids, no content'),
    ('bulkhead_mail_sync', 'queue_mail_sync.*', 'SELECT INSERT UPDATE DELETE EXECUTE USAGE', null, 'all', null, 'its own queue: ids, no content'),
    ('bulkhead_janitor', 'queue_janitor.*', 'SELECT INSERT UPDATE DELETE EXECUTE USAGE', null, 'all', null, 'its own queue: ids, no content'),
    -- DBAs and CI.
    ('bulkhead_auditor', 'isolation.*', 'EXECUTE', null, 'all', null, 'reads catalogs, no tenant''s rows')
  ) as v (role, object, commands, columns, rows, permission, reason);
end;
comment on function isolation.intent() is 'Every right that is meant, with its reason.';
revoke all on function isolation.intent() from public;
grant execute on function isolation.intent() to bulkhead_auditor;
