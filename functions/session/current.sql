-- The tenant context. Not a setting that a caller makes up: a live row of the registry, presented by the role that it was
-- registered for, in a transaction that does not keep one snapshot (see session.presented, whose conditions stand here
-- again: a view on that view cost a tenth of a page).
-- The level and the end are one condition: one of settings alone is a plan node of its own, a tenth of the look-up.
-- clock_timestamp(), not now(): a long transaction does not outlive its token, nor does a long `do` block, which is one
-- statement to statement_timestamp().
-- Not a security_barrier: nobody but the keeper's functions may read it, and as a barrier it costs them a quarter more.
create or replace view session.current as
select
  t.id, t.workspace_id, t.person_id, t.membership_id, t.role_key, t.sign_in_id, t.ticket_id, t.database_role, t.expires_at, t.permissions
from session.tokens t
where t.token_hash = sha256(convert_to(current_setting('session.token', true), 'UTF8'))
  and t.database_role = case current_setting('role') when 'none' then session_user::text else current_setting('role') end
  and t.live_until > case current_setting('transaction_isolation') when 'read committed' then clock_timestamp() end;
comment on view session.current is 'The session of this transaction: one row, or none.';
