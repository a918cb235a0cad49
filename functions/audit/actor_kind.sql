-- What acts, by the role of the transaction: a token counts only for the role that it was issued for.
create or replace function audit.actor_kind(ticket_id uuid) returns text
language sql stable parallel safe
begin atomic
  select case current_setting('role')
    when 'bulkhead_member' then 'member'
    when 'bulkhead_agent' then 'agent'
    when 'bulkhead_recipient' then 'recipient'
    else case
      when ticket_id is not null or session_user in ('bulkhead_identity', 'bulkhead_opener', 'bulkhead_mail_sync', 'bulkhead_mail_send',
        'bulkhead_crm', 'bulkhead_ai', 'bulkhead_billing', 'bulkhead_notary', 'bulkhead_janitor', 'bulkhead_api') then 'service'
      else 'system'
    end
  end;
end;
comment on function audit.actor_kind(uuid) is 'What acts in this transaction: a member, an agent, a recipient, a service, or a login outside the system.';
revoke all on function audit.actor_kind(uuid) from public;
