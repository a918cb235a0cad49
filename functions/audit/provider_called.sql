-- Type, outcome and time; never what was sent or answered.
create or replace function audit.provider_called(provider text, operation text, success boolean, error_code text, duration_ms integer, workspace_id uuid default null) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  perform audit.require_shape(array[error_code]::text[], array[provider, operation]::text[]);
  perform audit.append(audit.event_workspace(provider_called.workspace_id), 'provider.called', null, jsonb_build_object('provider', provider, 'operation', operation, 'success', success, 'error_code', error_code, 'duration_ms', greatest(duration_ms, 0)));
end
$$;
comment on function audit.provider_called(text, text, boolean, text, integer, uuid) is 'Records a call to an outside provider.';
revoke all on function audit.provider_called(text, text, boolean, text, integer, uuid) from public;
grant execute on function audit.provider_called(text, text, boolean, text, integer, uuid) to bulkhead_identity, bulkhead_opener, bulkhead_mail_sync, bulkhead_mail_send, bulkhead_crm, bulkhead_ai, bulkhead_billing, bulkhead_notary;
