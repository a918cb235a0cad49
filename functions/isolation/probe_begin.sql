-- The first rows of a synthetic tenant where an auditor started the probing, and its context. They are made before there is a token, so
-- policies of their own (insert_probed) let them in; everything else of the tenant is then made in its context.
create or replace function isolation.probe_begin(world jsonb, label text) returns jsonb
language plpgsql volatile
set search_path to pg_catalog, pg_temp
as $$
declare
  v_tenant uuid := world -> 'tenants' ->> label;
  v_marker text := world -> 'markers' ->> label;
  v_probed isolation.probed;
begin
  v_probed := (v_tenant, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid());
  insert into isolation.probed select v_probed.*;
  insert into tenancy.workspaces (id, name, default_role_key) values (v_tenant, 'probe ' || v_marker, 'viewer');
  insert into tenancy.people (workspace_id, id, email, name) values
    (v_tenant, v_probed.person_id, v_marker || '@example.com', 'probe ' || v_marker),
    (v_tenant, v_probed.suspended_person_id, 'suspended-' || v_marker || '@example.com', 'probe ' || v_marker);
  insert into tenancy.memberships (workspace_id, id, person_id, role_key, status) values
    (v_tenant, v_probed.membership_id, v_probed.person_id, 'owner', 'active'),
    (v_tenant, v_probed.suspended_membership_id, v_probed.suspended_person_id, 'owner', 'suspended');
  perform isolation.probe_enter_as_auditor(v_tenant::text, 'bulkhead_member', 'live');
  return jsonb_set(world, '{rows}', (world -> 'rows')
    || jsonb_build_object('tenancy.workspaces', coalesce(world -> 'rows' -> 'tenancy.workspaces', '{}')
      || jsonb_build_object(label, (select to_jsonb(w) from tenancy.workspaces w where w.id = v_tenant)))
    || jsonb_build_object('tenancy.people', coalesce(world -> 'rows' -> 'tenancy.people', '{}')
      || jsonb_build_object(label, (select to_jsonb(p) from tenancy.people p where p.workspace_id = v_tenant and p.id = v_probed.person_id)))
    || jsonb_build_object('tenancy.memberships', coalesce(world -> 'rows' -> 'tenancy.memberships', '{}')
      || jsonb_build_object(label, (select to_jsonb(m) from tenancy.memberships m where m.workspace_id = v_tenant and m.id = v_probed.membership_id))));
end
$$;
comment on function isolation.probe_begin(jsonb, text) is 'Makes a synthetic tenant''s workspace and members, for an auditor''s probing.';
revoke all on function isolation.probe_begin(jsonb, text) from public;
