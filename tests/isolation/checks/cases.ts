import type { Config } from "../../../isolation/types.ts";

/** A fault that a check must find, and its clean twin: as like it as can be, and no fault. */
export interface Case {
  readonly id: string;
  /** What is planted. */
  readonly title: string;
  readonly fault: string;
  /** The finding's object. */
  readonly object: string;
  readonly clean: string;
  readonly severity?: string;
  /** Instead of SQL: another model. */
  readonly faultConfig?: Partial<Config>;
  readonly cleanConfig?: Partial<Config>;
}

const bound = "workspace_id = (select session.workspace_with('messages.read'))";

/** A tenant table as it should be, but for what a case leaves out. */
function notes(
  options: {
    column?: string;
    key?: string;
    enable?: boolean;
    force?: boolean;
    policy?: boolean;
    partitioned?: boolean;
  } = {},
): string {
  const {
    column = "uuid not null",
    key = "primary key (workspace_id, id)",
    enable = true,
    force = true,
    policy = true,
  } = options;
  return `create table mail.notes (workspace_id ${column}, id uuid not null, text text${key && `, ${key}`})${
    options.partitioned ? " partition by list (workspace_id)" : ""
  };
    alter table mail.notes owner to bulkhead_owner;
    ${enable ? "alter table mail.notes enable row level security;" : ""}
    ${force ? "alter table mail.notes force row level security;" : ""}
    ${
      policy
        ? `create policy all_owner on mail.notes to bulkhead_owner using (workspace_id = (select session.workspace_id()))
             with check (workspace_id = (select session.workspace_id()));`
        : ""
    }`;
}

function definer(
  body: string,
  settings = "set search_path to pg_catalog, pg_temp",
  language = "plpgsql",
): string {
  return `create function mail.helper(value text) returns void language ${language} security definer ${settings} as $$ ${body} $$;
    alter function mail.helper(text) owner to bulkhead_owner; revoke all on function mail.helper(text) from public;`;
}

export const cases: readonly Case[] = [
  {
    id: "R1",
    title: "a serving login that may become a BYPASSRLS role over two memberships",
    fault:
      "create role t_dump bypassrls; create role t_middle; grant t_dump to t_middle; grant t_middle to bulkhead_opener",
    object: "role bulkhead_opener",
    clean: "create role t_dump bypassrls; create role t_middle; grant t_middle to bulkhead_opener",
  },
  {
    id: "R1",
    title: "a service that is a superuser",
    fault: "alter role bulkhead_crm superuser",
    object: "role bulkhead_crm",
    clean: "alter role bulkhead_crm nosuperuser",
  },
  {
    id: "R1",
    title: "a service that inherits a request's rights before any request",
    fault: "grant bulkhead_member to bulkhead_opener with inherit true",
    object: "role bulkhead_opener",
    clean: "grant bulkhead_member to bulkhead_opener with inherit false",
  },
  {
    id: "R2",
    title: "a service that may become the owner",
    fault: "grant bulkhead_owner to bulkhead_mail_sync",
    object: "role bulkhead_mail_sync",
    clean: "create role t_nobody; grant bulkhead_owner to t_nobody",
  },
  {
    id: "R2",
    title: "an owner that may log in",
    fault: "alter role bulkhead_owner login",
    object: "role bulkhead_owner",
    clean: "alter role bulkhead_owner nologin",
  },
  {
    id: "R3",
    title: "a service that reads server files",
    fault: "grant pg_read_server_files to bulkhead_janitor",
    object: "role bulkhead_janitor",
    clean: "create role t_nobody; grant pg_read_server_files to t_nobody",
  },
  {
    id: "R3",
    title: "a login that replicates",
    fault: "alter role bulkhead_api replication",
    object: "role bulkhead_api",
    clean: "alter role bulkhead_api connection limit 50",
  },
  {
    id: "R3",
    title: "a login that creates roles",
    fault: "alter role bulkhead_api createrole",
    object: "role bulkhead_api",
    clean: "alter role bulkhead_deploy createrole",
  },
  {
    id: "R3",
    title: "an owner of definer functions that creates roles",
    fault: "alter role bulkhead_keeper createrole",
    object: "role bulkhead_keeper",
    clean: "alter role bulkhead_keeper nocreaterole",
  },
  {
    id: "R4",
    title: "session_replication_role granted",
    fault: "grant set on parameter session_replication_role to bulkhead_api",
    object: "parameter session_replication_role",
    clean: "grant set on parameter session_replication_role to postgres",
  },
  {
    id: "R4",
    title: "a foreign key switched off",
    fault: "alter table mail.messages disable trigger all",
    object: "mail.messages",
    clean: "alter table mail.messages disable trigger all; alter table mail.messages enable trigger all",
  },
  {
    id: "R5",
    title: "row_security off for a login",
    fault: "alter role bulkhead_api set row_security = off",
    object: "role bulkhead_api",
    clean: "alter role bulkhead_api set work_mem = '8MB'",
  },
  {
    id: "R5",
    title: "a tenant chosen at log-in",
    fault: `alter role bulkhead_member set "session.token" = 'chosen'`,
    object: "role bulkhead_member",
    clean: `alter role bulkhead_member set "session.other" = 'chosen'`,
  },
  {
    id: "T1",
    title: "row-level security disabled",
    fault: "alter table mail.messages disable row level security",
    object: "mail.messages",
    clean: "alter table mail.messages enable row level security",
    severity: "critical",
  },
  {
    id: "T1",
    title: "row-level security not forced",
    fault: "alter table tenancy.people no force row level security",
    object: "tenancy.people",
    clean: "alter table tenancy.people force row level security",
  },
  {
    id: "T1",
    title: "a private table without row-level security",
    fault: "alter table session.tokens disable row level security",
    object: "session.tokens",
    clean: "alter table session.tokens enable row level security",
  },
  {
    id: "T1",
    title: "a new tenant table without row-level security",
    fault: notes({ enable: false, force: false, policy: false }),
    object: "mail.notes",
    clean: notes(),
  },
  {
    id: "T1",
    title: "a table whose rows are nobody's",
    fault: "create table mail.things (id uuid primary key); alter table mail.things owner to bulkhead_owner",
    object: "mail.things",
    clean: notes(),
  },
  {
    id: "T2",
    title: "a partition that members read directly",
    fault: `${notes({ partitioned: true })} create table mail.notes_1 partition of mail.notes default; grant select on mail.notes_1 to bulkhead_member`,
    object: "mail.notes_1",
    clean: `${notes({ partitioned: true })} create table mail.notes_1 partition of mail.notes default`,
  },
  {
    id: "T3",
    title: "TRUNCATE granted",
    fault: "grant truncate on mail.messages to bulkhead_member",
    object: "mail.messages",
    clean: "grant select (id) on mail.messages to bulkhead_member",
    severity: "critical",
  },
  {
    id: "T3",
    title: "TRIGGER granted to PUBLIC",
    fault: "grant trigger on mail.inboxes to public",
    object: "mail.inboxes",
    clean: "grant trigger on mail.inboxes to bulkhead_deploy",
  },
  {
    id: "T3",
    title: "REFERENCES granted on one column",
    fault: "grant references (id) on mail.inboxes to bulkhead_member",
    object: "mail.inboxes",
    clean: "grant select (id) on mail.inboxes to bulkhead_member",
  },
  {
    id: "T4",
    title: "future tables granted",
    fault:
      "alter default privileges for role bulkhead_owner in schema mail grant select on tables to bulkhead_member",
    object: "default privileges of bulkhead_owner",
    clean:
      "alter default privileges for role bulkhead_owner in schema mail grant select on tables to bulkhead_deploy",
  },
  {
    id: "T4",
    title: "future functions PUBLIC's",
    fault: "alter default privileges for role bulkhead_keeper grant execute on functions to public",
    object: "default privileges of bulkhead_keeper",
    clean: "alter default privileges for role bulkhead_keeper revoke execute on functions from public",
  },
  {
    id: "T5",
    title: "a view with a superuser's rights",
    fault:
      "create view mail.all_messages as select * from mail.messages; grant select on mail.all_messages to bulkhead_member",
    object: "mail.all_messages",
    clean:
      "create view mail.all_messages with (security_invoker) as select * from mail.messages; grant select on mail.all_messages to bulkhead_member",
    severity: "critical",
  },
  {
    id: "T5",
    title: "a rule",
    fault: "create rule elsewhere as on insert to mail.inboxes do instead nothing",
    object: "mail.inboxes",
    clean: "create view mail.ids as select id from mail.inboxes",
  },
  {
    id: "T6",
    title: "a materialized view that members read",
    fault:
      "create materialized view mail.copies as select * from mail.messages; grant select on mail.copies to bulkhead_member",
    object: "mail.copies",
    clean: "create materialized view mail.copies as select * from mail.messages",
  },
  {
    id: "T7",
    title: "a tenant column that may be null",
    fault: notes({ column: "uuid", key: "" }),
    object: "mail.notes.workspace_id",
    clean: notes(),
  },
  {
    id: "T7",
    title: "a tenant column that members may update",
    fault: "grant update (workspace_id, name) on mail.inboxes to bulkhead_member",
    object: "mail.inboxes.workspace_id",
    clean: "grant update (name) on mail.inboxes to bulkhead_member",
  },
  {
    id: "T8",
    title: "a publication without a row filter",
    fault: "create publication everything for table mail.messages",
    object: "publication everything",
    clean: "create publication everything for table tenancy.roles",
  },
  {
    id: "T8",
    title: "a publication of a whole schema",
    fault: "create publication everything for tables in schema mail",
    object: "publication everything",
    clean: "create publication everything for tables in schema app",
  },
  {
    id: "T9",
    title: "a large object of a request role",
    fault:
      "grant execute on function lo_create(oid) to bulkhead_member; set local role bulkhead_member; select lo_create(0)",
    object: "large objects of bulkhead_member",
    clean: "select lo_create(0)",
  },
  {
    id: "T9",
    title: "large objects for PUBLIC",
    fault: "grant execute on function lo_create(oid) to public",
    object: "function lo_create(oid)",
    clean: "grant execute on function lo_create(oid) to bulkhead_deploy",
  },
  {
    id: "P1",
    title: "a policy that is true",
    fault: "alter policy select_member on mail.messages using (true)",
    object: "mail.messages.select_member",
    clean: `alter policy select_member on mail.messages using (${bound})`,
    severity: "critical",
  },
  {
    id: "P1",
    title: "a policy with OR true",
    fault: `alter policy select_member on mail.messages using (${bound} or true)`,
    object: "mail.messages.select_member",
    clean: `alter policy select_member on mail.messages using (${bound} and size > 0)`,
  },
  {
    id: "P1",
    title: "the wrong column",
    fault:
      "alter policy select_member on mail.messages using (inbox_id = (select session.workspace_with('messages.read')))",
    object: "mail.messages.select_member",
    clean: `alter policy select_member on mail.messages using ((select session.workspace_with('messages.read')) = workspace_id)`,
  },
  {
    id: "P1",
    title: "one arm of an OR that is not bound",
    fault: `alter policy select_member on mail.messages using (${bound} or size > 0)`,
    object: "mail.messages.select_member",
    clean: `alter policy select_member on mail.messages using (${bound} or workspace_id = (select session.workspace_id()))`,
  },
  {
    id: "P1",
    title: "a column compared with itself",
    fault: "alter policy select_member on mail.messages using (workspace_id = workspace_id)",
    object: "mail.messages.select_member",
    clean: `alter policy select_member on mail.messages using (${bound})`,
    severity: "critical",
  },
  {
    id: "P1",
    title: "a meant exception that was widened",
    fault: "alter policy select_opener on mail.messages using (session_user = 'bulkhead_opener')",
    object: "mail.messages.select_opener",
    clean: "select",
  },
  {
    id: "P2",
    title: "WITH CHECK that is true",
    fault: "alter policy all_owner on mail.inboxes with check (true)",
    object: "mail.inboxes.all_owner",
    clean:
      "alter policy all_owner on mail.inboxes with check (workspace_id = (select session.workspace_id()))",
    severity: "critical",
  },
  {
    id: "P3",
    title: "a wide policy joined by OR",
    fault: "create policy wide on mail.messages for select to bulkhead_member using (size > 0)",
    object: "mail.messages.wide",
    clean: `create policy wide on mail.messages for select to bulkhead_member using (size > 0);
      create policy floor on mail.messages as restrictive for select to bulkhead_member using (workspace_id = (select session.workspace_id()))`,
  },
  {
    id: "P3",
    title: "a policy for PUBLIC",
    fault: "alter policy select_member on mail.messages to public",
    object: "mail.messages.select_member",
    clean: "alter policy select_member on mail.messages to bulkhead_member",
  },
  {
    id: "P4",
    title: "an UPDATE policy wider than SELECT's",
    fault:
      "create policy update_member on mail.inboxes for update to bulkhead_member using (length(name) > 0)",
    object: "mail.inboxes.update_member",
    clean:
      "create policy update_member on mail.inboxes for update to bulkhead_member using (workspace_id = (select session.workspace_with('inboxes.read')))",
    severity: "high",
  },
  {
    id: "P5",
    title: "coalesce to the row's own tenant",
    fault:
      "alter policy select_member on mail.messages using (workspace_id = coalesce((select session.workspace_id()), workspace_id))",
    object: "mail.messages.select_member",
    clean: `alter policy select_member on mail.messages using (${bound})`,
  },
  {
    id: "P5",
    title: "IS NOT DISTINCT FROM",
    fault:
      "alter policy select_member on mail.messages using (workspace_id is not distinct from (select session.workspace_id()))",
    object: "mail.messages.select_member",
    clean: `alter policy select_member on mail.messages using (${bound})`,
  },
  {
    id: "P6",
    title: "a bare setting in a policy",
    fault:
      "alter policy select_member on mail.messages using (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid)",
    object: "mail.messages.select_member",
    clean: `alter policy select_member on mail.messages using (${bound})`,
  },
  {
    id: "P6",
    title: "session.workspace_id() answering from a bare setting",
    fault: `create or replace function session.workspace_id() returns uuid language sql stable security definer
      return nullif(current_setting('app.workspace', true), '')::uuid`,
    object: "session.workspace_id()",
    clean: `create or replace function session.workspace_id() returns uuid language sql stable security definer
      begin atomic select c.workspace_id from session.current c; end`,
  },
  {
    id: "P7",
    title: "an immutable context function",
    fault: "alter function session.workspace_id() immutable",
    object: "session.workspace_id()",
    clean: "alter function session.workspace_id() stable",
    severity: "critical",
  },
  {
    id: "P7",
    title: "a volatile context function",
    fault: "alter function session.workspace_with(text) volatile",
    object: "session.workspace_with(permission text)",
    clean: "alter function session.workspace_with(text) stable",
  },
  {
    id: "P7",
    title: "an immutable function beside the policies that reads the session's view",
    fault:
      "create function mail.whose() returns uuid language sql immutable begin atomic select c.workspace_id from session.current c; end",
    object: "mail.whose()",
    clean:
      "create function mail.whose() returns uuid language sql stable begin atomic select c.workspace_id from session.current c; end",
  },
  {
    id: "P8",
    title: "the registry of tokens writable by members",
    fault: "grant insert on session.tokens to bulkhead_member",
    object: "session.tokens",
    clean: "grant insert on session.tokens to bulkhead_deploy",
    severity: "critical",
  },
  {
    id: "P8",
    title: "the catalogue of permissions writable by members",
    fault: "grant update on tenancy.role_permissions to bulkhead_member",
    object: "tenancy.role_permissions",
    clean: "grant select on tenancy.role_permissions to bulkhead_member",
  },
  {
    id: "P9",
    title: "a leakproof function",
    fault: "alter function session.can(text) leakproof",
    object: "session.can(permission text)",
    clean: "alter function session.can(text) not leakproof",
  },
  {
    id: "P10",
    title: "a tenant matched by pattern",
    fault:
      "alter policy select_member on mail.messages using (workspace_id::text like current_setting('app.workspace', true))",
    object: "mail.messages.select_member",
    clean: `alter policy select_member on mail.messages using (${bound})`,
  },
  {
    id: "P10",
    title: "a tenant table open to one login",
    fault: "alter policy select_member on mail.messages using (session_user = 'bulkhead_api')",
    object: "mail.messages.select_member",
    clean: `alter policy select_member on mail.messages using (${bound} and session_user = 'bulkhead_api')`,
  },
  {
    id: "F1",
    title: "a definer function of a superuser",
    fault: `${definer("begin end")} alter function mail.helper(text) owner to postgres; grant execute on function mail.helper(text) to bulkhead_member`,
    object: "mail.helper(value text)",
    clean: definer("begin end"),
    severity: "critical",
  },
  {
    id: "F1",
    title: "a definer function that PUBLIC may execute",
    fault: `${definer("begin end")} grant execute on function mail.helper(text) to public`,
    object: "mail.helper(value text)",
    clean: `${definer("begin end")} grant execute on function mail.helper(text) to bulkhead_deploy`,
  },
  {
    id: "F1",
    title: "a trigger function of a superuser",
    fault:
      "create function mail.stamp() returns trigger language plpgsql security definer set search_path to pg_catalog, pg_temp as 'begin return new; end'; revoke all on function mail.stamp() from public",
    object: "mail.stamp()",
    clean:
      "create function mail.stamp() returns trigger language plpgsql security definer set search_path to pg_catalog, pg_temp as 'begin return new; end'; revoke all on function mail.stamp() from public; alter function mail.stamp() owner to bulkhead_owner",
  },
  {
    id: "F2",
    title: "a definer function without a search_path",
    fault: definer("begin end", ""),
    object: "mail.helper(value text)",
    clean: definer("begin end"),
  },
  {
    id: "F2",
    title: "pg_temp not last",
    fault: definer("begin end", "set search_path to pg_temp, pg_catalog"),
    object: "mail.helper(value text)",
    clean: `create function mail.helper(value text) returns bigint language sql security definer begin atomic select count(*) from tenancy.roles; end;
      alter function mail.helper(text) owner to bulkhead_owner`,
  },
  {
    id: "F2",
    title: "a schema in which members create",
    fault: "grant create on schema mail to bulkhead_member",
    object: "schema mail",
    clean: "grant create on schema mail to bulkhead_deploy",
  },
  {
    id: "F3",
    title: "dynamic SQL with the owner's rights",
    fault: definer("begin execute format('select %s', value); end"),
    object: "mail.helper(value text)",
    clean: definer("begin -- execute nothing\n perform value; end"),
  },
  {
    id: "F3",
    title: "a definer function that changes the context",
    fault: definer("begin perform set_config('session.token', value, true); end"),
    object: "mail.helper(value text)",
    clean: definer("begin perform current_setting('session.token', true); end"),
  },
  {
    id: "A1",
    title: "an audit trigger switched off",
    fault: "alter table mail.messages disable trigger audit_update",
    object: "mail.messages",
    clean:
      "alter table mail.messages disable trigger audit_update; alter table mail.messages enable trigger audit_update",
  },
  {
    id: "A1",
    title: "a TRUNCATE trigger dropped",
    fault: "drop trigger never_truncate on mail.messages",
    object: "mail.messages",
    clean: "select",
  },
  {
    id: "A1",
    title: "a new tenant table that nobody watches",
    fault: notes(),
    object: "mail.notes",
    clean: `${notes()} call audit.watch('mail.notes', 'note')`,
  },
  {
    id: "A1",
    title: "nothing refuses to change the audit log",
    fault: "drop trigger append_only on audit.events",
    object: "audit.events",
    clean: "select",
  },
  {
    id: "A1",
    title: "the audit log's chain open to TRUNCATE",
    fault: "drop trigger never_truncate on audit.chain",
    object: "audit.chain",
    clean: "alter trigger never_truncate on audit.chain rename to still_never_truncate",
  },
  {
    id: "A2",
    title: "the audit log's chain given to its owner to change",
    fault: "grant update on audit.chain to bulkhead_owner",
    object: "audit.chain",
    clean: "grant select on audit.chain to bulkhead_owner",
  },
  {
    id: "A2",
    title: "the audit log writable",
    fault: "grant update on audit.events to bulkhead_member",
    object: "audit.events",
    clean: "grant select (id) on audit.events to bulkhead_member",
  },
  {
    id: "A2",
    title: "the audit log deletable by its owner",
    fault: "grant delete on audit.events to bulkhead_owner",
    object: "audit.events",
    clean: "grant select on audit.events to bulkhead_owner",
  },
  {
    id: "A2",
    title: "a policy to change the audit log",
    fault:
      "create policy mend on audit.events for update to bulkhead_owner using (workspace_id = (select session.workspace_id()))",
    object: "audit.events.mend",
    clean:
      "create policy read on audit.events for select to bulkhead_owner using (workspace_id = (select session.workspace_id()))",
  },
  {
    id: "C1",
    title: "a name that is unique across tenants",
    fault: "alter table mail.inboxes add constraint name_once unique (name)",
    object: "mail.inboxes.name_once",
    clean: "alter table mail.inboxes add constraint name_once unique (name, workspace_id)",
  },
  {
    id: "C1",
    title: "a primary key without the tenant",
    fault: notes({ key: "primary key (id)" }),
    object: "mail.notes.notes_pkey",
    clean: notes(),
  },
  {
    id: "C1",
    title: "a tenant column that is only included",
    fault: "create unique index name_once on mail.inboxes (name) include (workspace_id)",
    object: "mail.inboxes.name_once",
    clean: "create unique index name_once on mail.inboxes (workspace_id, name)",
  },
  {
    id: "C2",
    title: "a foreign key without the tenant",
    fault: `alter table mail.inboxes add constraint id_once unique (id);
      alter table mail.imports add constraint loose foreign key (inbox_id) references mail.inboxes (id) on delete cascade`,
    object: "mail.imports.loose",
    clean:
      "alter table mail.imports add constraint tight foreign key (workspace_id, inbox_id) references mail.inboxes (workspace_id, id)",
    severity: "critical",
  },
  {
    id: "C3",
    title: "roles that read tenant tables",
    fault: "select",
    object: "EXPLAIN",
    clean: `do $$ declare v name; begin
      for v in select nspname from pg_namespace where nspowner = 'bulkhead_owner'::regrole loop
        execute format('revoke all on all tables in schema %I from bulkhead_member, bulkhead_agent, bulkhead_recipient, bulkhead_anonymous', v);
      end loop; end $$`,
  },
  {
    id: "C4",
    title: "a sequence that members read",
    fault: `create table mail.numbers (workspace_id uuid not null, number bigserial, primary key (workspace_id, number));
      grant select on sequence mail.numbers_number_seq to bulkhead_member`,
    object: "mail.numbers_number_seq",
    clean: `create table mail.numbers (workspace_id uuid not null, number bigserial, primary key (workspace_id, number));
      grant usage on sequence mail.numbers_number_seq to bulkhead_member`,
  },
  {
    id: "C5",
    title: "logins that tenants share",
    fault: "select",
    object: "pg_stat_activity",
    clean: `do $$ declare v name; begin
      for v in select rolname from pg_roles where rolcanlogin and not rolsuper loop execute format('alter role %I nologin', v); end loop; end $$`,
  },
  {
    id: "C6",
    title: "roles whose reads can be timed",
    fault: "select",
    object: "timing",
    clean: `do $$ declare v name; begin
      for v in select nspname from pg_namespace where nspowner = 'bulkhead_owner'::regrole loop
        execute format('revoke all on all tables in schema %I from bulkhead_member, bulkhead_agent, bulkhead_recipient, bulkhead_anonymous', v);
      end loop; end $$`,
  },
  {
    id: "S2",
    title: "an owner marked BYPASSRLS",
    fault: "alter role bulkhead_owner bypassrls",
    object: "role bulkhead_owner",
    clean: "alter role bulkhead_owner nobypassrls",
    severity: "critical",
  },
  {
    id: "S2",
    title: "a superuser whom the model does not name",
    fault: "create role t_admin login superuser",
    object: "role t_admin",
    clean: "create role t_admin login",
  },
  {
    id: "S3",
    title: "a server before 17.6",
    fault: "select",
    faultConfig: { serverVersionNumber: 170005 },
    object: "server",
    clean: "select",
    cleanConfig: { serverVersionNumber: 170006 },
  },
  {
    id: "M1",
    title: "a right that nobody meant",
    fault:
      "grant insert (workspace_id, id, name) on mail.inboxes to bulkhead_member; create policy insert_member on mail.inboxes for insert to bulkhead_member with check (workspace_id = (select session.workspace_id()))",
    object: "mail.inboxes",
    clean: "grant select (name) on mail.inboxes to bulkhead_member",
  },
  {
    id: "M1",
    title: "a sealed column granted",
    fault: "grant select (sealed_body) on mail.messages to bulkhead_member",
    object: "mail.messages",
    clean: "grant select (size) on mail.messages to bulkhead_member",
  },
  {
    id: "M1",
    title: "another permission than the meant one",
    fault:
      "alter policy select_member on mail.messages using (workspace_id = (select session.workspace_with('workspace.read')))",
    object: "mail.messages.select_member",
    clean: `alter policy select_member on mail.messages using (${bound})`,
  },
  {
    id: "M1",
    title: "a function that a service should not have",
    fault: "grant execute on function session.workspace_id() to bulkhead_opener",
    object: "session.workspace_id()",
    clean: "grant execute on function session.workspace_id() to bulkhead_member",
  },
  {
    id: "M1",
    title: "an exception's policy loosened: everybody's connections for whoever may read some",
    fault:
      "alter policy select_member on connections.connections using (workspace_id = (select session.workspace_with('connections.read')))",
    object: "connections.connections.select_member",
    clean:
      "alter policy select_member on connections.connections using ((workspace_id = (select session.workspace_with('connections.read'))) and ((person_id = (select session.person_id())) or (select session.can('connections.oversee'))))",
  },
  {
    id: "M1",
    title: "a right that no row or schema lets anybody use yet",
    fault: "grant select on session.tickets to bulkhead_agent",
    object: "session.tickets",
    clean: "grant select on session.tickets to bulkhead_keeper",
  },
  {
    id: "M2",
    title: "a meant right that is missing",
    fault:
      "revoke all on mail.messages from bulkhead_member; revoke select (workspace_id, id, inbox_id, conversation_id, import_id, sent_at, received_at, sort_at, size, attachment_count) on mail.messages from bulkhead_member",
    object: "mail.messages",
    clean: "select",
  },
];
