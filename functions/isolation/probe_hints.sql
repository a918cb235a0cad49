-- What the catalog does not tell, as data. `rows`: a table's name, then column: value, for synthetic rows; `{marker}` is the tenant's
-- own random word, `{tenant}` its id; a key `a`, `b` or `c` inside a table holds for that synthetic tenant only. `capabilities`:
-- functions that act on whatever a random id names, for the one caller that was given it; with the reason why that is meant.
-- A foreign model adds its own under `probe`.
create or replace function isolation.probe_hints() returns jsonb
language sql stable
begin atomic
  select '{
    "rows": {
      "tenancy.workspaces": {"parent_id": null, "default_role_key": "viewer"},
      "tenancy.memberships": {"role_key": "owner", "status": "active", "c": {"role_key": "viewer"}},
      "tenancy.invitations": {"role_key": "viewer", "email": "{marker}@example.com"},
      "session.sign_ins": {"ended_at": null, "end_reason": null},
      "session.tickets": {"service": "mail_sync"},
      "audit.notary_state": {"snapshot": "10:10:"},
      "session.signing_keys": {"superseded_at": "now"},
      "sealed.calls": {"service": "opener"},
      "mail.imports": {"status": "queued"}
    },
    "capabilities": {
      "sealed.take_identity": "a sign-in''s call has no workspace; its id is random, used once, and in the job of the identity service alone",
      "session.claim_ticket": "the ticket is the right to a workspace; its id is in the job of its service alone, and other services are refused",
      "session.finish_ticket": "a service ends its own tickets, whichever workspace they are for"
    }
  }'::jsonb;
end;
comment on function isolation.probe_hints() is 'Values for synthetic rows, and functions that act on what a random id names.';
revoke all on function isolation.probe_hints() from public;
