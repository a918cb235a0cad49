-- The person is not known: that is why it failed.
create or replace function audit.sign_in_failed(workspace_id uuid, code text, client text default null) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  perform audit.require_shape(array[code]::text[], array[client]::text[]);
  perform audit.append(sign_in_failed.workspace_id, 'session.sign_in_failed', null, jsonb_build_object('code', code, 'client', client));
end
$$;
comment on function audit.sign_in_failed(uuid, text, text) is 'Records a sign-in that failed, where it is known whose workspace it was for.';
revoke all on function audit.sign_in_failed(uuid, text, text) from public;
grant execute on function audit.sign_in_failed(uuid, text, text) to bulkhead_identity;
