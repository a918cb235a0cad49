-- What acts where no token says it: by the role of the transaction, or by the login.
create or replace function audit.actor_kind() returns text
language sql stable parallel safe
-- So that it is not inlined into the triggers' statement, which would prepare all of it for each event.
set search_path to pg_catalog, pg_temp
begin atomic
  select case current_setting('role')
    when 'bulkhead_member' then 'member'
    when 'bulkhead_agent' then 'agent'
    when 'bulkhead_recipient' then 'recipient'
    else case
      when session_user in ('bulkhead_identity', 'bulkhead_opener', 'bulkhead_mail_sync', 'bulkhead_mail_send',
        'bulkhead_crm', 'bulkhead_ai', 'bulkhead_billing', 'bulkhead_notary', 'bulkhead_janitor', 'bulkhead_api') then 'service'
      else 'system'
    end
  end;
end;
comment on function audit.actor_kind() is 'What acts in a transaction without a token: a member, an agent, a recipient, a service, or a login outside the system.';
revoke all on function audit.actor_kind() from public;
