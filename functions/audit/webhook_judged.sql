-- A forged webhook is worth an event as much as a true one.
create or replace function audit.webhook_judged(provider text, trigger_name text, verdict text, processed boolean, workspace_id uuid default null) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  perform audit.require_shape(array[verdict]::text[], array[provider, trigger_name]::text[]);
  perform audit.append(audit.event_workspace(webhook_judged.workspace_id), 'webhook.judged', null, jsonb_build_object('provider', provider, 'trigger', trigger_name, 'verdict', verdict, 'processed', processed));
end
$$;
comment on function audit.webhook_judged(text, text, text, boolean, uuid) is 'Records the verdict on a webhook: its provider, trigger, and whether it was processed.';
revoke all on function audit.webhook_judged(text, text, text, boolean, uuid) from public;
grant execute on function audit.webhook_judged(text, text, text, boolean, uuid) to bulkhead_identity, bulkhead_opener, bulkhead_mail_sync, bulkhead_mail_send, bulkhead_crm, bulkhead_ai, bulkhead_billing, bulkhead_notary;
