-- Which key, never the key.
create or replace function audit.key_used(operation text, purpose text, version integer, row_id uuid default null, workspace_id uuid default null) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  perform audit.require_shape(array[]::text[], array[operation, purpose]::text[]);
  perform audit.append(audit.event_workspace(key_used.workspace_id), 'key.used', key_used.row_id, jsonb_build_object('operation', operation, 'purpose', purpose, 'version', version));
end
$$;
comment on function audit.key_used(text, text, integer, uuid, uuid) is 'Records an operation on a key: rotated, re-encrypted, destroyed.';
revoke all on function audit.key_used(text, text, integer, uuid, uuid) from public;
grant execute on function audit.key_used(text, text, integer, uuid, uuid) to bulkhead_opener, bulkhead_mail_sync, bulkhead_janitor, bulkhead_notary;
