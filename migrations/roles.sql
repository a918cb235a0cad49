-- Roles of the cluster. Idempotent: deploy applies it when its login may create roles; elsewhere a DBA runs it once.
-- Passwords are set apart from this file: a password never stands in version control.
do $roles$
declare
  v_role text;
begin
  -- Owners: nobody logs in as them; only bulkhead_deploy may become them.
  foreach v_role in array array['bulkhead_owner', 'bulkhead_keeper', 'bulkhead_queue'] loop
    if to_regrole(v_role) is null then
      execute format('create role %I nologin', v_role);
    end if;
  end loop;

  -- Request roles: what the API process becomes, one transaction at a time.
  foreach v_role in array array['bulkhead_member', 'bulkhead_agent', 'bulkhead_recipient', 'bulkhead_anonymous'] loop
    if to_regrole(v_role) is null then
      execute format('create role %I nologin', v_role);
    end if;
  end loop;

  -- Stand-ins of the request roles, for isolation.probe() alone: a definer function cannot SET ROLE, but it runs as its owner. They have
  -- what a request role has and nothing else; no login may become one, so no login owns anything.
  foreach v_role in array array['member', 'agent', 'recipient', 'anonymous'] loop
    if to_regrole('bulkhead_probe_' || v_role) is null then
      execute format('create role %I nologin', 'bulkhead_probe_' || v_role);
    end if;
    execute format('grant %I to %I', 'bulkhead_' || v_role, 'bulkhead_probe_' || v_role);
    execute format('comment on role %I is %L', 'bulkhead_probe_' || v_role,
      format('Stand-in of bulkhead_%s for isolation.probe(): owns the function that attempts as it. Nobody becomes it.', v_role));
  end loop;

  -- Logins. NOINHERIT: the API's login has no right of its own until it becomes a request role.
  foreach v_role in array array[
    'bulkhead_api', 'bulkhead_identity', 'bulkhead_opener', 'bulkhead_mail_sync', 'bulkhead_mail_send',
    'bulkhead_crm', 'bulkhead_ai', 'bulkhead_billing', 'bulkhead_notary', 'bulkhead_janitor', 'bulkhead_auditor'
  ] loop
    if to_regrole(v_role) is null then
      execute format('create role %I login noinherit', v_role);
    end if;
  end loop;

  if to_regrole('bulkhead_deploy') is null then
    create role bulkhead_deploy login;
  end if;
end
$roles$;

grant bulkhead_owner, bulkhead_keeper, bulkhead_queue to bulkhead_deploy;
grant bulkhead_probe_member, bulkhead_probe_agent, bulkhead_probe_recipient, bulkhead_probe_anonymous to bulkhead_deploy;
grant bulkhead_member, bulkhead_agent, bulkhead_recipient, bulkhead_anonymous to bulkhead_api;

-- A generic plan is planned once for all tenants: `= any($1)` fell from 138 to 28 µs, and no plan is made for one tenant's values.
alter role bulkhead_api set plan_cache_mode = 'force_generic_plan';
alter role bulkhead_opener set plan_cache_mode = 'force_generic_plan';
alter role bulkhead_mail_sync set plan_cache_mode = 'force_generic_plan';

-- No request outlives the 30 s that the transport allows, and none waits for a lock longer than a person would.
alter role bulkhead_api set statement_timeout = '30s';
alter role bulkhead_api set lock_timeout = '10s';
alter role bulkhead_api set idle_in_transaction_session_timeout = '30s';

comment on role bulkhead_owner is 'Owns every domain object. No login, no superuser, no BYPASSRLS: FORCE binds it.';
comment on role bulkhead_keeper is 'Owns the schema session: registry of tokens, signing keys and their functions.';
comment on role bulkhead_queue is 'Owns the job queues and the functions that enqueue.';
comment on role bulkhead_member is 'Request role of a signed-in member of a workspace.';
comment on role bulkhead_agent is 'Request role of a software agent acting for a member.';
comment on role bulkhead_recipient is 'Request role of an outside recipient of secure mail.';
comment on role bulkhead_anonymous is 'Request role of a request without a session.';
comment on role bulkhead_api is 'Login of the API process. Owns nothing, inherits nothing, may become the four request roles.';
comment on role bulkhead_auditor is 'Login of DBAs and CI: catalogs and isolation checks, no tenant data.';
comment on role bulkhead_deploy is 'Login of deployments: the only member of the owners. No process serves with it.';
