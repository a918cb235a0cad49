-- The person is not known: that is why it failed. Whoever fails on and on, from wherever, gets sixty events of a workspace, then one a
-- minute.
create or replace function audit.sign_in_failed(workspace_id uuid, code text, client text default null) returns boolean
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  perform audit.require_shape(array[code]::text[], array[client]::text[]);
  if not (session.allow('sign_in_failed', null, sign_in_failed.workspace_id::text)).allowed then
    return false;
  end if;
  perform audit.append(sign_in_failed.workspace_id, 'session.sign_in_failed', null, jsonb_build_object('code', code, 'client', client));
  return true;
end
$$;
comment on function audit.sign_in_failed(uuid, text, text) is 'Records a sign-in that failed, where it is known whose workspace it was for; false when there were too many.';
revoke all on function audit.sign_in_failed(uuid, text, text) from public;
grant execute on function audit.sign_in_failed(uuid, text, text) to bulkhead_identity;
