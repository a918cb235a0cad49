-- A synthetic tenant's context where an auditor started the probing. States: live, expired, revoked, suspended.
create or replace function isolation.probe_enter_as_auditor(tenant text, role text, state text) returns void
language plpgsql volatile
set search_path to pg_catalog, pg_temp
as $$
declare
  v_probed isolation.probed;
begin
  select * into strict v_probed from isolation.probed p where p.workspace_id = tenant::uuid;
  perform set_config('session.token', session.mint_probed(
    v_probed.workspace_id,
    case state when 'suspended' then v_probed.suspended_person_id else v_probed.person_id end,
    case state when 'suspended' then v_probed.suspended_membership_id else v_probed.membership_id end,
    'owner', case state when 'suspended' then 'suspended' else 'active' end,
    clock_timestamp() + case state when 'expired' then interval '-1 minute' else interval '10 minutes' end,
    state = 'revoked'
  ), true);
end
$$;
comment on function isolation.probe_enter_as_auditor(text, text, text) is 'Presents a synthetic tenant''s token, for an auditor''s probing.';
revoke all on function isolation.probe_enter_as_auditor(text, text, text) from public;
