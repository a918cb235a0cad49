-- This project's tenant context, as a caller gets it: a token of the synthetic tenant's owner, or of a service's ticket, presented
-- by setting session.token. States: live, expired, revoked, suspended, finished (a ticket's job is done).
create or replace function isolation.probe_enter(tenant text, role text, state text) returns void
language plpgsql volatile
set search_path to pg_catalog, pg_temp
as $$
declare
  -- No token is ever made for other roles: they present a member's.
  v_role text := case when role ~ '^bulkhead_(member|agent|recipient|identity|opener|mail_sync|mail_send|crm|ai|billing|notary|janitor)$' then role else 'bulkhead_member' end;
  v_by_ticket boolean := v_role not in ('bulkhead_member', 'bulkhead_agent', 'bulkhead_recipient');
  v_token text;
begin
  execute $sql$
    select session.mint($1, m.workspace_id, m.person_id, m.id, m.role_key, m.status,
      case when not $2 then (select s.id from session.sign_ins s where s.workspace_id = m.workspace_id limit 1) end,
      case when $2 then (select t.id from session.tickets t where t.workspace_id = m.workspace_id limit 1) end,
      clock_timestamp() + case when $3 = 'expired' then interval '-1 minute' else interval '10 minutes' end)
    from tenancy.memberships m where m.workspace_id = $4::uuid limit 1
  $sql$ into v_token using v_role, v_by_ticket, state, tenant;
  if state = 'revoked' then
    update session.tokens t set revoked_at = clock_timestamp() where t.token_hash = sha256(convert_to(v_token, 'UTF8'));
  elsif state = 'suspended' then
    set local session_replication_role = replica;
    update session.tokens t set membership_status = 'suspended' where t.token_hash = sha256(convert_to(v_token, 'UTF8'));
    set local session_replication_role = origin;
  end if;
  perform set_config('session.token', v_token, true);
end
$$;
comment on function isolation.probe_enter(text, text, text) is 'Presents a synthetic tenant''s token in this transaction.';
revoke all on function isolation.probe_enter(text, text, text) from public;
