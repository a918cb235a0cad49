-- The row of the registry that the presented token hashes to, alive or not. It counts only for the database role that the
-- token was registered for: an agent's token is worth nothing to a transaction that became bulkhead_member, nor a
-- member's to the API's own login or to a worker.
-- Nor does it count in a transaction that keeps one snapshot: there a session that was ended, or a member who was
-- demoted, would go on as before for as long as the transaction is held open.
-- Not a security_barrier: the owner's functions alone may read it, and as a barrier it costs every audit event.
create or replace view session.presented as
select
  t.id, t.workspace_id, t.person_id, t.membership_id, t.role_key, t.membership_status, t.sign_in_id, t.ticket_id,
  t.database_role, t.expires_at, t.revoked_at, t.actor, t.service
from session.tokens t
where t.token_hash = sha256(convert_to(current_setting('session.token', true), 'UTF8'))
  and t.database_role = case current_setting('transaction_isolation')
    when 'read committed' then case current_setting('role') when 'none' then session_user::text else current_setting('role') end
  end;
comment on view session.presented is 'What the token of this transaction is registered as, even if it has just ended. For the audit log.';
-- The audit triggers read it in the statement that writes their rows: calling a function there costs five times as much.
grant select on session.presented to bulkhead_owner;
