import type { ProbeGroup } from "../../../isolation/probe/groups.ts";

/** A fault in this project's schema, and the probe that must notice it. */
export interface PlantedFault {
  readonly what: string;
  readonly group: ProbeGroup;
  readonly sql: string;
  /** The id of the result that must be `fail`. */
  readonly id: string;
  /** It is there before the synthetic tenants are, who then have rows in it. */
  readonly before?: true;
  /** Narrows the group to what the fault is about. */
  readonly only?: readonly string[];
}

const member = "bulkhead_member";

export const plantedFaults: readonly PlantedFault[] = [
  {
    what: "a login that can become an owner",
    group: "roles",
    sql: "grant bulkhead_owner to bulkhead_api",
    id: "R1 role bulkhead_api become an exempt, owning or another login's role",
  },
  {
    what: "a request role that owns a table",
    group: "write",
    sql: `grant create on schema mail to ${member}; alter table mail.inboxes owner to ${member}`,
    only: ["mail.inboxes"],
    id: "R2 mail.inboxes switch row-level security off",
  },
  {
    what: "a role that may switch triggers off",
    group: "roles",
    sql: `grant set on parameter session_replication_role to ${member}`,
    id: `R4 role ${member} switch triggers and foreign keys off`,
  },
  {
    what: "a table without row-level security",
    group: "roles",
    sql: "alter table mail.inboxes disable row level security",
    id: `T1 role ${member} row-level security is active`,
  },
  {
    what: "an inheritance child that is granted",
    group: "read",
    before: true,
    sql: `create table mail.child () inherits (mail.inboxes); grant select on mail.child to ${member}`,
    only: ["mail.child"],
    id: "T2 mail.child read of other tenants' rows",
  },
  {
    what: "a granted TRUNCATE",
    group: "write",
    sql: `grant truncate on mail.attachments to ${member}`,
    only: ["mail.attachments"],
    id: "T3 mail.attachments truncate",
  },
  {
    what: "a granted TRIGGER",
    group: "write",
    sql: `grant trigger on mail.inboxes to ${member}`,
    only: ["mail.inboxes"],
    id: "T3 mail.inboxes attach a trigger",
  },
  {
    what: "a granted MAINTAIN",
    group: "write",
    sql: `grant maintain on mail.inboxes to ${member}`,
    only: ["mail.inboxes"],
    id: "T3 mail.inboxes maintain",
  },
  {
    what: "default privileges for a request role",
    group: "roles",
    sql: `alter default privileges for role bulkhead_owner in schema mail grant select on tables to ${member}`,
    id: "T4 schema mail use what its owner makes from now on",
  },
  {
    what: "a superuser's view",
    group: "views",
    sql: `create view mail.all_inboxes as select * from mail.inboxes; grant select on mail.all_inboxes to ${member}`,
    only: ["mail.all_inboxes"],
    id: "T5 mail.all_inboxes depends on another tenant's rows",
  },
  {
    what: "a superuser's view that can be written",
    group: "views",
    sql: `create view mail.all_inboxes as select * from mail.inboxes; grant select, delete on mail.all_inboxes to ${member}`,
    only: ["mail.all_inboxes"],
    id: "T5 mail.all_inboxes write through it into another tenant",
  },
  {
    what: "a materialized view",
    group: "views",
    sql: `create materialized view mail.frozen as select * from mail.inboxes; grant select on mail.frozen to ${member}`,
    only: ["mail.frozen"],
    id: "T6 mail.frozen depends on another tenant's rows",
  },
  {
    what: "a tenant column that can be updated",
    group: "write",
    sql: `grant update (workspace_id) on mail.inboxes to ${member}; create policy u on mail.inboxes for update to ${member} using (workspace_id = (select session.workspace_id())) with check (true)`,
    only: ["mail.inboxes"],
    id: "T7 mail.inboxes move to another tenant",
  },
  {
    what: "large objects for everybody",
    group: "roles",
    sql: "grant execute on function pg_catalog.lo_from_bytea(oid, bytea) to public",
    id: "T9 large objects make a large object, which every tenant of the role can read",
  },
  {
    what: "a policy that is always true",
    group: "read",
    sql: "alter policy select_member on mail.inboxes using (true)",
    only: ["mail.inboxes"],
    id: "P1 mail.inboxes read of other tenants' rows",
  },
  {
    what: "an insert that is not checked",
    group: "write",
    sql: `grant insert on mail.inboxes to ${member}; create policy i on mail.inboxes for insert to ${member} with check (true)`,
    only: ["mail.inboxes"],
    id: "P2 mail.inboxes insert into another tenant",
  },
  {
    what: "a blind update that SELECT's policy hides",
    group: "write",
    sql: `grant update (name) on mail.inboxes to ${member}; create policy u on mail.inboxes for update to ${member} using (true)`,
    only: ["mail.inboxes"],
    id: "P4 mail.inboxes blind update",
  },
  {
    what: "a blind update that only WITH CHECK refuses",
    group: "write",
    sql: `grant update (name) on mail.inboxes to ${member}; create policy u on mail.inboxes for update to ${member} using (true) with check (workspace_id = (select session.workspace_id()))`,
    only: ["mail.inboxes"],
    id: "P4 mail.inboxes blind update",
  },
  {
    what: "a blind delete that SELECT's policy hides",
    group: "write",
    sql: `grant delete on mail.attachments to ${member}; create policy d on mail.attachments for delete to ${member} using (true)`,
    only: ["mail.attachments"],
    id: "P4 mail.attachments blind delete",
  },
  {
    what: "sessions that do not expire",
    group: "read",
    sql: "create or replace view session.current with (security_barrier) as select t.id, t.workspace_id, t.person_id, t.membership_id, t.role_key, t.sign_in_id, t.ticket_id, t.database_role, t.expires_at from session.presented t",
    only: ["mail.inboxes"],
    id: "P5 mail.inboxes read without a live context",
  },
  {
    what: "a tenant that the caller names",
    group: "read",
    sql: "alter policy select_member on mail.inboxes using (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid)",
    only: ["mail.inboxes"],
    id: "P6 mail.inboxes read with a forged context",
  },
  {
    what: "a context that a plan keeps",
    group: "plans",
    sql: "alter function session.workspace_with(text) immutable; alter function session.workspace_id() immutable",
    only: ["mail.inboxes"],
    id: "P7 mail.inboxes plan for one tenant, execute for another",
  },
  {
    what: "a table behind policies that can be written",
    group: "write",
    sql: `grant insert on tenancy.role_permissions to ${member}; create policy i on tenancy.role_permissions for insert to ${member} with check (true)`,
    only: ["tenancy.role_permissions"],
    id: "P8 tenancy.role_permissions insert into another tenant",
  },
  {
    what: "a filter that a cheap function runs before",
    group: "views",
    sql: `create view mail.filtered as select * from mail.inboxes where workspace_id = (select session.workspace_id()) or pg_sleep(0) is null; grant select on mail.filtered to ${member}`,
    only: ["mail.filtered"],
    id: "P9 mail.filtered show hidden rows to a function in WHERE",
  },
  {
    what: "a context compared by LIKE",
    group: "read",
    sql: "alter policy select_member on mail.inboxes using (workspace_id::text like current_setting('app.workspace', true))",
    only: ["mail.inboxes"],
    id: "P10 mail.inboxes read with a wildcard as context",
  },
  {
    what: "a definer function that returns any row",
    group: "functions",
    sql: `create function mail.peek(inbox_id uuid) returns text language sql security definer as 'select name from mail.inboxes where id = inbox_id'; grant execute on function mail.peek(uuid) to ${member}`,
    only: ["mail.peek(inbox_id uuid)"],
    id: "F1 mail.peek(inbox_id uuid) call with another tenant's ids",
  },
  {
    what: "a definer function that changes any row",
    group: "functions",
    sql: `create function mail.rename(inbox_id uuid) returns void language sql security definer as 'update mail.inboxes set name = name || ''x'' where id = inbox_id'; grant execute on function mail.rename(uuid) to ${member}`,
    only: ["mail.rename(inbox_id uuid)"],
    id: "F1 mail.rename(inbox_id uuid) call with another tenant's ids",
  },
  {
    what: "a definer function that tells which ids exist",
    group: "functions",
    sql: `create function mail.known(inbox_id uuid) returns boolean language sql security definer as 'select exists (select from mail.inboxes where id = inbox_id)'; grant execute on function mail.known(uuid) to ${member}`,
    only: ["mail.known(inbox_id uuid)"],
    id: "F1 mail.known(inbox_id uuid) call with another tenant's ids",
  },
  {
    what: "a schema that a request role may create in",
    group: "roles",
    sql: `grant create on schema mail to ${member}`,
    id: `F2 role ${member} make an object that shadows another`,
  },
  {
    what: "a function that changes the context",
    group: "functions",
    sql: `create function mail.enter(inbox_id uuid) returns void language plpgsql as $$ begin perform set_config('session.token', '', true); end $$; grant execute on function mail.enter(uuid) to ${member}`,
    only: ["mail.enter(inbox_id uuid)"],
    id: "F3 mail.enter(inbox_id uuid) context before and after a call",
  },
  {
    what: "an audit trigger that is off",
    group: "audit",
    sql: "alter table mail.inboxes disable trigger audit_update",
    only: ["mail.inboxes"],
    id: "A1 mail.inboxes writes that leave no event",
  },
  {
    what: "an audit log that can be changed",
    group: "audit",
    sql: "drop trigger append_only on audit.events",
    only: ["audit.events"],
    id: "A2 audit.events change an event past every policy",
  },
  {
    what: "an audit log that can be read across tenants",
    group: "read",
    sql: "alter policy select_member on audit.events using (true)",
    only: ["audit.events"],
    id: "A2 audit.events read of other tenants' rows",
  },
  {
    what: "a unique key that spans tenants",
    group: "keys",
    sql: "alter table mail.inboxes add constraint name_once unique (name)",
    only: ["mail.inboxes"],
    id: "C1 mail.inboxes.name_once repeat another tenant's value",
  },
  {
    what: "a foreign key without the tenant",
    group: "keys",
    sql: "alter table mail.inboxes add constraint by_id unique (id); alter table mail.conversations add constraint loose foreign key (inbox_id) references mail.inboxes (id) on delete cascade; alter table mail.conversations drop constraint conversation_inbox",
    only: ["mail.conversations"],
    id: "C2 mail.conversations.loose point at another tenant's row",
  },
  {
    what: "a sequence that tells",
    group: "roles",
    sql: `create sequence mail.counter; select nextval('mail.counter'); grant select on sequence mail.counter to ${member}`,
    id: `C4 role ${member} read a sequence`,
  },
  {
    what: "temporary tables",
    group: "roles",
    sql: "do $$ begin execute format('grant temporary on database %I to public', current_database()); end $$",
    id: "S1 temporary tables leave one behind on a pooled connection",
  },
  {
    what: "a table that answers with row_security off",
    group: "read",
    sql: "alter table mail.inboxes disable row level security",
    only: ["mail.inboxes"],
    id: "S2 mail.inboxes read with row_security off",
  },
  {
    what: "a ticket that any service may use",
    group: "tickets",
    sql: "do $$ begin execute replace(pg_get_functiondef('session.claim_ticket(uuid, interval)'::regprocedure), 'session_user = ''bulkhead_'' || t.service', 'true'); end $$",
    id: "P6 session.tickets use another service's ticket",
  },
  {
    what: "a ticket that never ends",
    group: "tickets",
    sql: "do $$ begin execute replace(pg_get_functiondef('session.claim_ticket(uuid, interval)'::regprocedure), 't.finished_at is null', 'true'); end $$",
    id: "P5 session.tickets claim a dead ticket",
  },
];
