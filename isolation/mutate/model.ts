import type pg from "pg";
import type { Queries } from "../queries.ts";
import type { Config } from "../types.ts";

/** A policy as it stands. */
export interface Policy {
  readonly object: string;
  readonly name: string;
  readonly command: string;
  readonly permissive: boolean;
  readonly roles: readonly string[];
  readonly using: string | null;
  readonly check: string | null;
  readonly tenantColumn: string | null;
}

/** A table in scope. */
export interface Table {
  readonly object: string;
  readonly class: string;
  readonly tenantColumn: string | null;
  readonly tenantNotNull: boolean;
  readonly rls: boolean;
  readonly forced: boolean;
  /** Unlogged tables cannot be published. */
  readonly unlogged: boolean;
  /** Its own or its foreign keys'. */
  readonly hasTriggers: boolean;
  readonly owner: string;
  /** A partition or inheritance child. */
  readonly isChild: boolean;
  readonly isPartitioned: boolean;
  /** Columns of type uuid, without the tenant column. */
  readonly uuidColumns: readonly string[];
  /** `role privilege` pairs that are granted, by table or by any column; PUBLIC as `public`. */
  readonly granted: readonly string[];
}

export interface SqlFunction {
  readonly object: string;
  /** With its argument types: what ALTER FUNCTION takes. */
  readonly signature: string;
  readonly kind: "function" | "procedure";
  readonly definer: boolean;
  readonly volatility: "i" | "s" | "v";
  readonly leakproof: boolean;
  readonly pinned: boolean;
  /** BEGIN ATOMIC: its names were bound when it was made. */
  readonly isAtomic: boolean;
  readonly isTrigger: boolean;
  readonly publicMayExecute: boolean;
  /** Nobody but its owner may execute it. */
  readonly ownerOnly: boolean;
}

export interface Trigger {
  readonly object: string;
  readonly name: string;
  /** It stands on a partition because it stands on its parent. */
  readonly ofParent: boolean;
  /** It writes or protects the audit log. */
  readonly isAudit: boolean;
}

export interface Key {
  readonly object: string;
  readonly name: string;
  readonly type: "p" | "u" | "f";
  readonly tenantColumn: string;
  /** Its other columns. */
  readonly columns: readonly string[];
  readonly parent: string | null;
  readonly parentColumns: readonly string[];
  readonly onDelete: string;
}

export interface Role {
  readonly name: string;
  readonly kind: string;
  readonly canLogin: boolean;
  readonly inherits: boolean;
  readonly memberOf: readonly string[];
}

export interface View {
  readonly object: string;
  readonly definition: string;
  readonly options: string;
  /** The conditions of its WHERE, one by one. */
  readonly conditions: readonly string[];
}

/** Everything that faults are planted in. */
export interface DeployedModel {
  readonly policies: readonly Policy[];
  readonly tables: readonly Table[];
  readonly functions: readonly SqlFunction[];
  readonly triggers: readonly Trigger[];
  readonly keys: readonly Key[];
  readonly roles: readonly Role[];
  readonly schemas: readonly { readonly name: string; readonly owner: string }[];
  /** Views of the application's own schemas that policies or functions read the context from. */
  readonly views: readonly View[];
  readonly owners: readonly string[];
  readonly request: readonly string[];
  readonly serving: readonly string[];
  readonly version: number;
}

/** Reads what is deployed. The connection's search_path must be pg_catalog, so that expressions name their schemas. */
export async function readModel(client: pg.Client, queries: Queries, config: Config): Promise<DeployedModel> {
  const model = [JSON.stringify(config)];
  const fact = async (name: string) => (await client.query(queries.compile([name]), model)).rows;
  const list = async (text: string, values: unknown[] = []) => (await client.query(text, values)).rows;

  const relations = await fact("relation_facts");
  const oids = relations.map((row) => row.oid);
  const columns = await list(
    `select a.attrelid as oid, a.attname as name from pg_attribute a
     where a.attrelid = any ($1::oid[]) and a.atttypid = 'uuid'::regtype and a.attnum > 0 and not a.attisdropped order by a.attnum`,
    [oids],
  );
  const grants = await fact("grant_facts");
  const owners = await list(
    "select oid, pg_get_userbyid(relowner) as owner, relpersistence = 'u' as unlogged, exists (select from pg_trigger t where t.tgrelid = pg_class.oid) as has_triggers from pg_class where oid = any ($1::oid[])",
    [oids],
  );
  const tables = relations.map((row): Table => ({
    object: row.object,
    class: row.class,
    tenantColumn: row.class === "tenant" ? row.tenant_column : null,
    tenantNotNull: row.tenant_not_null,
    rls: row.rls,
    forced: row.forced,
    owner: owners.find((one) => one.oid === row.oid).owner,
    isChild: row.is_child,
    isPartitioned: row.relkind === "p",
    unlogged: owners.find((one) => one.oid === row.oid).unlogged,
    hasTriggers: owners.find((one) => one.oid === row.oid).has_triggers,
    uuidColumns: columns
      .filter((one) => one.oid === row.oid && one.name !== row.tenant_column)
      .map((one) => one.name),
    granted: grants
      .filter((one) => one.relid === row.oid)
      .map((one) => `${one.role === "PUBLIC" ? "public" : one.role} ${one.privilege}`),
  }));

  const policies = (await fact("policy_facts")).map((row): Policy => ({
    object: row.object,
    name: row.name,
    command: row.command,
    permissive: row.permissive,
    roles: row.roles,
    using: row.using_text,
    check: row.check_text,
    tenantColumn: row.class === "tenant" ? row.tenant_column : null,
  }));

  const functions = (
    await list(
      `select p.oid, p.oid::regprocedure::text as signature, p.prokind, p.prosecdef, p.provolatile, p.proleakproof, p.proconfig, p.prosqlbody is not null as is_atomic,
         p.prorettype = 'trigger'::regtype as is_trigger,
         exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x where x.grantee = 0) as public,
         not exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x where x.grantee <> p.proowner) as owner_only,
         quote_ident(n.nspname) || '.' || quote_ident(p.proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')' as object
       from pg_proc p join pg_namespace n on n.oid = p.pronamespace
       where n.nspname = any ($1) and n.nspname not like 'queue\\_%' and n.nspname not like 'isolation%' and p.prokind in ('f', 'p')`,
      [(await fact("schema_facts")).map((row) => row.name)],
    )
  ).map((row): SqlFunction => ({
    object: row.object,
    signature: row.signature,
    kind: row.prokind === "p" ? "procedure" : "function",
    definer: row.prosecdef,
    volatility: row.provolatile,
    leakproof: row.proleakproof,
    pinned: (row.proconfig ?? []).some((one: string) => one.startsWith("search_path=")),
    isAtomic: row.is_atomic,
    isTrigger: row.is_trigger,
    publicMayExecute: row.public,
    ownerOnly: row.owner_only,
  }));

  const watching = [
    ...(config.audit?.functions ?? []),
    ...(config.audit?.truncate ?? []),
    `${config.audit?.table.split(".")[0]}.*`,
  ];
  const isAudit = (name: string) =>
    watching.some((glob) => (glob.endsWith("*") ? name.startsWith(glob.slice(0, -1)) : name === glob));
  const triggers = (
    await list(
      `select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as object, quote_ident(t.tgname) as name, t.tgparentid <> 0 as of_parent, split_part(t.tgfoid::regprocedure::text, '(', 1) as function
       from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
       where t.tgrelid = any ($1::oid[]) and not t.tgisinternal and n.nspname not like 'queue\\_%' order by 1, 2`,
      [oids],
    )
  ).map((row): Trigger => ({
    object: row.object,
    name: row.name,
    ofParent: row.of_parent,
    isAudit: isAudit(row.function),
  }));

  const keys = (
    await list(
      `select k.conrelid as oid, quote_ident(k.conname) as name, k.contype, k.confdeltype, k.confrelid,
         array(select a.attname::text from unnest(k.conkey) with ordinality x (n, o) join pg_attribute a on a.attrelid = k.conrelid and a.attnum = x.n order by x.o) as columns,
         array(select a.attname::text from unnest(k.confkey) with ordinality x (n, o) join pg_attribute a on a.attrelid = k.confrelid and a.attnum = x.n order by x.o) as parent_columns
       from pg_constraint k where k.conrelid = any ($1::oid[]) and k.contype in ('p', 'u', 'f') and k.conparentid = 0`,
      [relations.filter((row) => row.class === "tenant").map((row) => row.oid)],
    )
  ).flatMap((row): Key[] => {
    const table = relations.find((one) => one.oid === row.oid);
    const parent = relations.find((one) => one.oid === row.confrelid);
    if (!row.columns.includes(table.tenant_column)) return [];
    const kept = row.columns
      .map((_: string, index: number) => index)
      .filter((index: number) => row.columns[index] !== table.tenant_column);
    // The tenant alone is the root table's own key.
    if (kept.length === 0) return [];
    return [
      {
        object: table.object,
        name: row.name,
        type: row.contype,
        tenantColumn: table.tenant_column,
        columns: kept.map((index: number) => row.columns[index]),
        parent: parent?.object ?? null,
        parentColumns: kept.map((index: number) => row.parent_columns[index]),
        onDelete: row.confdeltype,
      },
    ];
  });

  const members = await list("select member as oid, pg_get_userbyid(roleid) as name from pg_auth_members");
  // Stand-ins serve nobody, but own functions.
  const owning = new Set((await fact("function_facts")).map((row) => row.owner));
  const roles = (await fact("role_facts"))
    .filter(
      (row) =>
        ["login", "request", "auditor", "owner", "deploy"].includes(row.kind) ||
        (row.kind === "other" && owning.has(row.oid)),
    )
    .map((row): Role => ({
      name: row.name,
      kind: row.kind,
      canLogin: row.can_login,
      inherits: row.inherits,
      memberOf: members.filter((one) => one.oid === row.oid).map((one) => one.name),
    }));

  const views = (
    await list(
      `select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as object, pg_get_viewdef(c.oid) as definition, array_to_string(c.reloptions, ', ') as options
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relkind = 'v' and n.nspname = any ($1) and n.nspname not like 'queue\\_%' and n.nspname not in ('graphile_migrate')`,
      [(await fact("schema_facts")).map((row) => row.name)],
    )
  ).map((row): View => ({
    object: row.object,
    definition: row.definition.replace(/;\s*$/, ""),
    options: row.options ?? "",
    conditions: whereConditions(row.definition),
  }));

  return {
    policies,
    tables,
    functions,
    triggers,
    keys,
    roles,
    schemas: (await list(
      "select nspname as name, pg_get_userbyid(nspowner) as owner from pg_namespace where nspname = any ($1)",
      [[...new Set(relations.map((row) => row.object.split(".")[0]!.replaceAll('"', "")))]],
    )) as { name: string; owner: string }[],
    views,
    owners: roles.filter((one) => one.kind === "owner").map((one) => one.name),
    request: roles.filter((one) => one.kind === "request").map((one) => one.name),
    serving: roles.filter((one) => one.kind === "login").map((one) => one.name),
    version: Number((await list("select current_setting('server_version_num') as v"))[0].v),
  };
}

/** The arms of a view's WHERE, when it is one AND of bracketed arms, as Postgres writes it. */
function whereConditions(definition: string): string[] {
  const start = definition.indexOf("WHERE (");
  if (start < 0) return [];
  const text = definition.slice(start + "WHERE ".length).replace(/;\s*$/, "");
  const inner = text.startsWith("((") ? text.slice(1, -1) : text;
  const arms: string[] = [];
  let depth = 0;
  let quoted = false;
  let from = 0;
  for (let at = 0; at < inner.length; at++) {
    if (inner[at] === "'") quoted = !quoted;
    if (quoted) continue;
    if (inner[at] === "(") depth++;
    if (inner[at] === ")") depth--;
    if (depth === 0 && inner.startsWith(" AND ", at)) {
      arms.push(inner.slice(from, at).trim());
      from = at + " AND ".length;
    }
  }
  arms.push(inner.slice(from).trim());
  return arms.length > 1 ? arms : [];
}
