-- The whole model in the shape that isolation/types.ts calls Config: a foreign project writes the same as a JSON file.
create or replace function isolation.config() returns jsonb
language sql stable
begin atomic
  select jsonb_build_object(
    'name', 'bulkhead',
    'strict', true,
    'roles', jsonb_build_object(
      'owners', jsonb_build_array('bulkhead_owner', 'bulkhead_keeper', 'bulkhead_queue'),
      'deploy', jsonb_build_array('bulkhead_deploy'),
      'auditors', jsonb_build_array('bulkhead_auditor'),
      'logins', jsonb_build_array('bulkhead_*'),
      'request', jsonb_build_array('bulkhead_member', 'bulkhead_agent', 'bulkhead_recipient', 'bulkhead_anonymous')
    ),
    'tenant', jsonb_build_object(
      'columns', jsonb_build_array('workspace_id'),
      'tables', jsonb_build_object('tenancy.workspaces', 'id')
    ),
    'context', jsonb_build_object(
      'settings', jsonb_build_array('session.token'),
      'conditions', jsonb_build_array(
        jsonb_build_object('sql', '{column} = (select session.workspace_id())', 'means', 'rows of the session''s own workspace'),
        jsonb_build_object('sql', '{column} = (select session.workspace_with({text}))',
          'means', 'rows of the session''s own workspace, if its role has the permission {text}')
      )
    ),
    'tables', jsonb_build_object(
      'reference', jsonb_build_array('tenancy.permissions', 'tenancy.roles', 'tenancy.role_permissions', 'connections.providers'),
      'private', jsonb_build_array('session.*', 'queue*', 'app.*', 'graphile_migrate.*', 'sealed.callers', 'audit.roots', 'audit.notary_state', 'isolation.probed'),
      -- graphile-worker's own functions work as the owner of its queues.
      'unforced', jsonb_build_array('queue*')
    ),
    'audit', jsonb_build_object(
      'table', 'audit.events',
      -- Append-only like the log itself: its hash chain, and what is signed of it.
      'protected', jsonb_build_array('audit.chain', 'audit.heads', 'audit.proofs', 'audit.roots'),
      'functions', jsonb_build_array('audit_parts.*'),
      'truncate', jsonb_build_array('audit.refuse_truncate'),
      'unwatched', jsonb_build_array('audit.chain', 'audit.heads', 'audit.proofs', 'audit.tips', 'audit.origins', 'audit.subjects', 'audit.retention_policies', 'sealed.calls')
    ),
    'access', (
      select jsonb_agg(jsonb_build_object(
        'role', i.role, 'object', i.object, 'commands', to_jsonb(i.commands), 'columns', to_jsonb(i.columns), 'rows', i.rows, 'reason', i.reason,
        'condition', case when i.permission is not null and not i.commands @> '{EXECUTE}'
          then format('{column} = (select session.workspace_with(%L))', i.permission) end
      ))
      from isolation.intent() i
    ),
    'meant', (
      select jsonb_agg(jsonb_build_object('check', e.check_id, 'object', e.object, 'expression', e.expression, 'reason', e.reason))
      from isolation.exceptions() e
    )
  );
end;
comment on function isolation.config() is 'The model that the checks compare the database with.';
revoke all on function isolation.config() from public;
grant execute on function isolation.config() to bulkhead_auditor;
