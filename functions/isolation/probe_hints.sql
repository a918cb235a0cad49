-- What the generator cannot find out from the catalog, as data: a table's name, then column: value. `{marker}` is the tenant's own
-- random word, `{tenant}` its id. A key `a`, `b` or `c` inside a table holds for that synthetic tenant only.
create or replace function isolation.probe_hints() returns jsonb
language sql immutable
begin atomic
  select '{
    "tenancy.workspaces": {"parent_id": null, "default_role_key": "viewer"},
    "tenancy.memberships": {"role_key": "owner", "status": "active", "c": {"role_key": "viewer"}},
    "tenancy.invitations": {"role_key": "viewer", "email": "{marker}@example.com"},
    "session.sign_ins": {"ended_at": null, "end_reason": null},
    "session.tickets": {"service": "mail_sync"},
    "session.signing_keys": {"superseded_at": "now"},
    "mail.imports": {"status": "queued"}
  }'::jsonb;
end;
comment on function isolation.probe_hints() is 'Values for synthetic rows that the catalog does not tell.';
revoke all on function isolation.probe_hints() from public;
