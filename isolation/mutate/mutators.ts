import pg from "pg";
import type { ProbeGroup } from "../probe/groups.ts";
import type { DeployedModel, Key, Policy, SqlFunction, Table } from "./model.ts";

/** A fault to plant. */
export interface Fault {
  /** `policy.using-true mail.messages.select_member`. Unique. */
  readonly id: string;
  readonly description: string;
  /** What plants it; undone by rolling back. */
  readonly statements: readonly string[];
  /** Checks that are the likeliest to find it, tried first; all others follow. Only a matter of speed. */
  readonly likely: readonly string[];
  /** Probes that could find it, where no static check does. */
  readonly probes: readonly { readonly group: ProbeGroup; readonly only?: readonly string[] }[];
  /**
   * It takes rights away and gives none, stays inside one tenant, or opens a table that holds no tenant's rows: no tenant
   * reaches another by it, so comparing with the files may find it too.
   */
  readonly harmless?: true;
  /**
   * What a finding about it names. Faults of one kind that are about different tables may be planted together: a finding
   * that names the one is not the other's doing. What is not found so is planted again by itself.
   */
  readonly about?: string;
}

const ident = pg.escapeIdentifier;

/** Every fault for every object of the deployed model. */
export function faults(model: DeployedModel): Fault[] {
  return [
    ...model.policies.flatMap((policy) => policyFaults(policy, model)),
    ...model.tables.flatMap((table) => tableFaults(table, model)),
    ...model.functions.flatMap(functionFaults),
    ...triggerFaults(model),
    ...model.keys.flatMap(keyFaults),
    ...roleFaults(model),
    ...contextFaults(model),
    ...surroundingFaults(model),
  ];
}

function policyFaults(policy: Policy, model: DeployedModel): Fault[] {
  const table = model.tables.find((one) => one.object === policy.object)!;
  const name = `${policy.object}.${policy.name}`;
  const on = `${ident(policy.name)} on ${policy.object}`;
  const fault = (
    kind: string,
    description: string,
    statements: string[],
    likely: string[] = ["P1", "P2"],
  ): Fault => ({
    id: `policy.${kind} ${name}`,
    description: `policy ${policy.name} on ${policy.object}: ${description}`,
    statements,
    likely,
    about: policy.object,
    probes: tableProbes(policy.object),
  });
  const again = (change: Partial<Policy>): string[] => {
    const next = { ...policy, ...change };
    return [
      `drop policy ${on}`,
      `create policy ${on} as ${next.permissive ? "permissive" : "restrictive"} for ${next.command} to ${next.roles.map((role) => (role === "PUBLIC" ? "public" : ident(role))).join(", ")}` +
        (next.using === null ? "" : ` using (${next.using})`) +
        (next.check === null ? "" : ` with check (${next.check})`),
    ];
  };
  const list: Fault[] = [];
  if (policy.using !== null && policy.using !== "true") {
    list.push(fault("using-true", "USING is true", [`alter policy ${on} using (true)`]));
    list.push(
      fault("using-or-true", "USING has OR true", [`alter policy ${on} using ((${policy.using}) or true)`]),
    );
  }
  if (policy.check !== null && policy.check !== "true") {
    list.push(
      fault("check-true", "WITH CHECK is true", [`alter policy ${on} with check (true)`], ["P2", "P1"]),
    );
    list.push(
      fault(
        "check-or-true",
        "WITH CHECK has OR true",
        [`alter policy ${on} with check ((${policy.check}) or true)`],
        ["P2", "P1"],
      ),
    );
  }
  if (policy.check !== null && policy.using !== null) {
    const same = policy.check === policy.using;
    list.push(
      fault(same ? "check-dropped-same" : "check-dropped", "WITH CHECK is dropped", again({ check: null }), [
        "P2",
      ]),
    );
  }
  const column = policy.tenantColumn;
  const wrong = table.uuidColumns.find((one) => one !== column);
  if (column !== null && wrong !== undefined) {
    const swap = (text: string | null) =>
      text?.replaceAll(new RegExp(`\\b${column}\\b(?! *\\()(?= =|,)`, "g"), wrong) ?? null;
    const changed = { using: swap(policy.using), check: swap(policy.check) };
    if (changed.using !== policy.using || changed.check !== policy.check) {
      list.push(fault("wrong-column", `${wrong} is compared instead of ${column}`, again(changed)));
    }
  }
  const loosened = (text: string | null) =>
    text?.replaceAll(/session\.workspace_with\('[^']*'(::text)?\)/g, "session.workspace_id()") ?? null;
  if (loosened(policy.using) !== policy.using || loosened(policy.check) !== policy.check) {
    // Within its own tenant.
    list.push({
      ...fault(
        "permission-dropped",
        "the permission is not asked for",
        again({ using: loosened(policy.using), check: loosened(policy.check) }),
        ["M1", "M2"],
      ),
      harmless: true,
    });
  }
  if (!policy.roles.includes("PUBLIC")) {
    list.push(fault("to-public", "it is for PUBLIC", [`alter policy ${on} to public`], ["P3", "P1"]));
  }
  if (!policy.permissive) {
    list.push(
      fault("permissive", "it is permissive instead of restrictive", again({ permissive: true }), ["P3"]),
    );
  }
  const gone = fault("dropped", "it is gone", [`drop policy ${on}`], ["T1", "M2"]);
  list.push(policy.permissive ? { ...gone, harmless: true } : gone);
  return table.class === "tenant" || table.class === "unknown"
    ? list
    : list.map((one) => ({ ...one, harmless: true as const }));
}

function tableProbes(object: string): Fault["probes"] {
  return [
    { group: "read", only: [object] },
    { group: "write", only: [object] },
    { group: "views", only: [object] },
    { group: "plans", only: [object] },
  ];
}

function tableFaults(table: Table, model: DeployedModel): Fault[] {
  const { object } = table;
  const list: Fault[] = [];
  const add = (
    kind: string,
    description: string,
    statements: string[],
    likely: string[],
    probes = tableProbes(object),
  ) =>
    list.push({
      id: `table.${kind}`,
      description: `${object}: ${description}`,
      statements,
      likely,
      probes,
      ...(/^(grant-|rls-disabled|not-forced|column-update|publication|rule|triggers-disabled)/.test(kind)
        ? { about: object }
        : {}),
    });
  const part = table.isChild ? "-partition" : "";
  if (table.rls)
    add(
      `rls-disabled${part} ${object}`,
      "row-level security is off",
      [`alter table ${object} disable row level security`],
      ["T1"],
    );
  if (table.forced)
    add(
      `not-forced${part} ${object}`,
      "row-level security is not forced",
      [`alter table ${object} no force row level security`],
      ["T1"],
    );
  const privileges = [
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "TRUNCATE",
    "REFERENCES",
    "TRIGGER",
    ...(model.version >= 170000 ? ["MAINTAIN"] : []),
  ];
  // Partitions are many and alike: PUBLIC and one role stand for all.
  for (const role of ["public", ...(table.isChild ? model.request.slice(0, 1) : model.request)]) {
    for (const privilege of privileges) {
      if (table.granted.includes(`${role} ${privilege}`)) continue;
      add(
        `grant-${privilege.toLowerCase()} ${object} to ${role}`,
        `${privilege} is granted to ${role}`,
        [`grant ${privilege} on ${object} to ${role === "public" ? role : ident(role)}`],
        privilege === "SELECT" || privilege === "INSERT" || privilege === "UPDATE" || privilege === "DELETE"
          ? ["M1"]
          : ["T3", "M1"],
      );
    }
  }
  const schema = object.split(".")[0]!;
  const role = model.request[0];
  if (table.tenantColumn !== null && role !== undefined) {
    add(
      `column-update ${object}`,
      `UPDATE of the tenant column is granted to ${role}`,
      [`grant update (${ident(table.tenantColumn)}) on ${object} to ${ident(role)}`],
      ["T7", "M1"],
    );
    if (!table.isPartitioned && !table.isChild)
      add(
        `inheritance-child ${object}`,
        `a child table of it is granted to ${role}`,
        [
          `create table ${schema}.isolation_mutant () inherits (${object})`,
          `grant select on ${schema}.isolation_mutant to ${ident(role)}`,
        ],
        ["T2", "T1"],
      );
    add(
      `view ${object}`,
      `a superuser's view over it is granted to ${role}`,
      [
        `create view ${schema}.isolation_mutant as select * from ${object}`,
        `grant select on ${schema}.isolation_mutant to ${ident(role)}`,
      ],
      ["T5"],
      [{ group: "views", only: [`${schema}.isolation_mutant`] }],
    );
    add(
      `materialized-view ${object}`,
      `a materialized view over it is granted to ${role}`,
      [
        `create materialized view ${schema}.isolation_mutant as select * from ${object}`,
        `grant select on ${schema}.isolation_mutant to ${ident(role)}`,
      ],
      ["T6"],
      [{ group: "views", only: [`${schema}.isolation_mutant`] }],
    );
    add(
      `rule ${object}`,
      "a rule turns inserts into nothing",
      [`create rule isolation_mutant as on insert to ${object} do instead nothing`],
      ["T5"],
    );
    if (!table.unlogged)
      add(
        `publication ${object}`,
        "it is published without a row filter",
        [`create publication isolation_mutant for table ${object}`],
        ["T8"],
      );
    // A partition has it from its parent, and Postgres leaves it there.
    if (table.tenantNotNull && !table.isChild && !object.endsWith(".workspaces")) {
      add(
        `tenant-nullable ${object}`,
        "the tenant column may be null",
        [
          `do $key$ declare v_drop text; begin
             for v_drop in select format('alter table %s drop constraint %I cascade', k.conrelid::regclass, k.conname) from pg_constraint k where k.conrelid = '${object}'::regclass and k.contype = 'p' loop
               execute v_drop;
             end loop; end $key$`,
          `alter table ${object} alter column ${ident(table.tenantColumn)} drop not null`,
        ],
        ["T7", "C1"],
      );
    }
    if (table.hasTriggers)
      add(
        `triggers-disabled ${object}`,
        "all its triggers are off, foreign keys included",
        [`alter table ${object} disable trigger all`],
        ["A1", "C2"],
        [
          { group: "audit", only: [object] },
          { group: "keys", only: [object] },
        ],
      );
  }
  return list;
}

function functionFaults(one: SqlFunction): Fault[] {
  const alter = `alter ${one.kind} ${one.signature}`;
  const fault = (kind: string, description: string, statements: string[], likely: string[]): Fault => ({
    id: `function.${kind} ${one.object}`,
    description: `${one.object}: ${description}`,
    statements,
    likely,
    about: one.object,
    probes: one.isTrigger
      ? [{ group: "audit" }]
      : [{ group: "functions", only: [one.object] }, { group: "read" }],
  });
  return [
    ...(one.publicMayExecute
      ? []
      : [
          fault(
            "public-execute",
            "PUBLIC may execute it",
            [`grant execute on ${one.kind} ${one.signature} to public`],
            ["F1"],
          ),
        ]),
    one.definer
      ? {
          ...fault("invoker", "it runs as its caller", [`${alter} security invoker`], ["F1", "M2", "P8"]),
          harmless: true as const,
        }
      : {
          ...fault(
            one.ownerOnly ? "definer-owner-only" : "definer",
            "it runs as its owner",
            [`${alter} security definer`],
            ["F2", "F1"],
          ),
          // FORCE holds the owner inside the session's tenant: it passes over permissions, not over tenants.
          harmless: true as const,
        },
    ...(one.pinned
      ? [
          fault(
            one.definer
              ? one.isAtomic
                ? "search-path-unset-atomic"
                : "search-path-unset"
              : "search-path-unset-invoker",
            "its search_path is not pinned",
            [`${alter} reset search_path`],
            ["F2"],
          ),
        ]
      : []),
    fault(
      "owner-superuser",
      "a superuser owns it",
      [`${alter} owner to postgres`, ...(one.definer ? [] : [`${alter} security definer`])],
      ["F1"],
    ),
    ...(one.kind === "function" && one.volatility !== "i"
      ? [
          {
            ...fault("immutable", "it is marked IMMUTABLE", [`${alter} immutable`], ["P7"]),
            // Triggers are not planned: all that it does is to forbid the function to write.
            ...(one.isTrigger ? { harmless: true as const } : {}),
          },
        ]
      : []),
    ...(one.kind === "function" && !one.leakproof
      ? [fault("leakproof", "it is marked LEAKPROOF", [`${alter} leakproof`], ["P9"])]
      : []),
  ];
}

function triggerFaults(model: DeployedModel): Fault[] {
  return model.triggers.flatMap(({ object, name, ofParent, isAudit }) =>
    (
      [
        ["disabled", "is off", `alter table ${object} disable trigger ${name}`],
        ["replica-only", "fires on replicas only", `alter table ${object} enable replica trigger ${name}`],
        ["dropped", "is gone", `drop trigger ${name} on ${object}`],
      ] as const
    )
      // A partition's trigger goes with its parent's alone.
      .filter(([kind]) => kind !== "dropped" || !ofParent)
      .map(([kind, description, statement]): Fault => ({
        id: `trigger.${kind} ${object}.${name}`,
        description: `trigger ${name} on ${object} ${description}`,
        statements: [statement],
        likely: ["A1", "A2"],
        about: object,
        probes: [{ group: "audit" }],
        // Other triggers keep rules inside a tenant; on a partition nobody who serves has a right (T2, T3).
        ...(isAudit && !model.tables.some((one) => one.object === object && one.isChild)
          ? {}
          : { harmless: true as const }),
      })),
  );
}

const onDelete: Readonly<Record<string, string>> = {
  c: "on delete cascade",
  n: "on delete set null",
  d: "on delete set default",
  r: "on delete restrict",
  a: "",
};

function keyFaults(key: Key): Fault[] {
  const columns = key.columns.map((one) => ident(one)).join(", ");
  const probes: Fault["probes"] = [{ group: "keys", only: [key.object] }];
  // Rows that repeat each other across tenants are in the way of a key without the tenant.
  const empty = [
    "set local session_replication_role = replica",
    `delete from ${key.object}`,
    "set local session_replication_role = origin",
  ];
  if (key.type === "f") {
    const parent = `${key.parent} (${key.parentColumns.map((one) => ident(one)).join(", ")})`;
    return [
      {
        id: `key.foreign-without-tenant ${key.object}.${key.name}`,
        description: `foreign key ${key.name} of ${key.object} leaves the tenant out`,
        statements: [
          "set local session_replication_role = replica",
          `delete from ${key.parent}`,
          `delete from ${key.object}`,
          "set local session_replication_role = origin",
          `alter table ${key.object} drop constraint ${key.name}`,
          `alter table ${key.parent} add constraint isolation_mutant unique (${key.parentColumns.map((one) => ident(one)).join(", ")})`,
          `alter table ${key.object} add constraint ${key.name} foreign key (${columns}) references ${parent} ${onDelete[key.onDelete] ?? ""}`,
        ],
        likely: ["C2"],
        probes,
      },
    ];
  }
  return [
    {
      id: `key.${key.type === "p" ? "primary" : "unique"}-without-tenant ${key.object}.${key.name}`,
      description: `${key.type === "p" ? "primary" : "unique"} key ${key.name} of ${key.object} leaves the tenant out`,
      statements: [
        ...empty,
        `alter table ${key.object} drop constraint ${key.name} cascade`,
        `alter table ${key.object} add constraint ${key.name} ${key.type === "p" ? "primary key" : "unique"} (${columns})`,
      ],
      likely: ["C1"],
      probes,
    },
  ];
}

function roleFaults(model: DeployedModel): Fault[] {
  const list: Fault[] = [];
  const probes: Fault["probes"] = [{ group: "roles" }, { group: "read" }, { group: "write" }];
  const add = (kind: string, description: string, statement: string, likely: string[]) =>
    list.push({
      id: `role.${kind}`,
      description,
      statements: [statement],
      likely,
      probes,
      // A stand-in runs the prober's statements alone: what it may do beyond them opens nothing.
      ...(kind.includes("bulkhead_probe_") ? { harmless: true as const } : {}),
    });
  const reaches = (from: string, to: string): boolean =>
    (model.roles.find((one) => one.name === from)?.memberOf ?? []).some(
      (one) => one === to || reaches(one, to),
    );
  const powerful = [
    ...model.owners,
    ...model.roles.filter((one) => one.kind === "deploy").map((one) => one.name),
    "pg_read_all_data",
    "pg_write_all_data",
    "pg_execute_server_program",
  ];
  for (const role of model.roles.filter((one) => one.kind !== "deploy" && one.kind !== "owner")) {
    // A circle of memberships is nothing that Postgres lets anybody make.
    for (const to of powerful.filter((one) => !reaches(one, role.name)))
      add(
        `member ${role.name} of ${to}`,
        `${role.name} is a member of ${to}`,
        `grant ${ident(to)} to ${ident(role.name)}`,
        ["R1", "R2", "R3"],
      );
    for (const other of model.serving.filter(
      (one) =>
        one !== role.name && !model.roles.some((to) => to.name === one && to.memberOf.includes(role.name)),
    )) {
      add(
        `member ${role.name} of ${other}`,
        `${role.name} is a member of the login ${other}`,
        `grant ${ident(other)} to ${ident(role.name)}`,
        ["R1", "R2", "M1"],
      );
    }
    if (!role.inherits)
      add(
        `${role.memberOf.length > 0 && model.version < 160000 ? "inherit" : "inherit-nothing"} ${role.name}`,
        `${role.name} inherits`,
        `alter role ${ident(role.name)} inherit`,
        ["R1", "M1"],
      );
    // Since 16 each membership says for itself whether it is inherited; by default as its role is.
    if (model.version >= 160000 && !role.inherits) {
      for (const to of role.memberOf)
        add(
          `inherit-membership ${role.name} of ${to}`,
          `${role.name} inherits ${to}`,
          `grant ${ident(to)} to ${ident(role.name)} with inherit true`,
          ["M1", "R1"],
        );
    }
    if (!role.canLogin)
      add(`login ${role.name}`, `${role.name} may log in`, `alter role ${ident(role.name)} login`, [
        "R1",
        "M1",
      ]);
    add(
      `row-security ${role.name}`,
      `${role.name} has row_security off by default`,
      `alter role ${ident(role.name)} set row_security = off`,
      ["R5"],
    );
    add(
      `search-path ${role.name}`,
      `${role.name} has a search_path of its own`,
      `alter role ${ident(role.name)} set search_path = public, pg_catalog`,
      ["R5"],
    );
    add(
      `parameter ${role.name}`,
      `${role.name} may set session_replication_role`,
      `grant set on parameter session_replication_role to ${ident(role.name)}`,
      ["R4"],
    );
  }
  for (const role of model.roles.filter((one) => one.kind !== "deploy")) {
    for (const attribute of ["superuser", "bypassrls", "createrole", "createdb", "replication"]) {
      add(
        `${attribute} ${role.name}`,
        `${role.name} has ${attribute.toUpperCase()}`,
        `alter role ${ident(role.name)} ${attribute}`,
        ["R1", "R3"],
      );
    }
  }
  for (const role of model.owners)
    add(`login ${role}`, `${role} may log in`, `alter role ${ident(role)} login`, ["R2", "R1"]);
  return list;
}

/** The tenant context: each condition of the views that it comes from, and the views as a bare setting. */
function contextFaults(model: DeployedModel): Fault[] {
  const probes: Fault["probes"] = [{ group: "read" }, { group: "tickets" }, { group: "functions" }];
  const list = model.views.flatMap((view) =>
    view.conditions.map((condition, index): Fault => ({
      id: `context.condition-dropped ${view.object} ${index + 1}`,
      description: `${view.object} without ${condition}`,
      statements: [
        `create or replace view ${view.object}${view.options ? ` with (${view.options})` : ""} as ${view.definition.replace(condition, "true")}`,
      ],
      likely: ["P6"],
      probes,
      // Whom the audit log names is told by the token that the caller holds.
      ...(view.object === "session.presented" && !condition.includes("token_hash")
        ? { harmless: true as const }
        : {}),
    })),
  );
  const current = model.views.find((one) => one.object === "session.current");
  if (current) {
    list.push({
      id: "context.bare-setting session.current",
      description: "session.current believes the setting instead of looking it up",
      statements: [
        // Whatever columns it has: the workspace from the setting, every permission, and nothing else.
        `do $bare$ begin execute (
           select 'create or replace view session.current as select ' || string_agg(case a.attname
             when 'workspace_id' then 'nullif(current_setting(''session.token'', true), '''')::uuid'
             when 'permissions' then 'array(select rp.permission_key from tenancy.role_permissions rp)'
             when 'role_key' then '''owner''::text'
             when 'database_role' then 'current_setting(''role'')'
             when 'expires_at' then '''infinity''::timestamptz'
             else 'null::' || format_type(a.atttypid, a.atttypmod) end || ' as ' || quote_ident(a.attname), ', ' order by a.attnum)
           from pg_attribute a where a.attrelid = 'session.current'::regclass and a.attnum > 0); end $bare$`,
      ],
      likely: ["P6"],
      probes,
    });
    list.push({
      id: "context.bare-setting session.workspace_id",
      description: "session.workspace_id() believes a setting",
      statements: [
        "create or replace function session.workspace_id() returns uuid language sql stable security definer set search_path to pg_catalog, pg_temp as $$ select nullif(current_setting('app.workspace', true), '')::uuid $$",
      ],
      likely: ["P6"],
      probes,
    });
    list.push({
      id: "context.any-row session.workspace_with",
      description: "session.workspace_with() finds any token's workspace",
      statements: [
        "create or replace function session.workspace_with(permission text) returns uuid language sql stable security definer set search_path to pg_catalog, pg_temp as $$ select t.workspace_id from session.tokens t order by t.issued_at desc limit 1 $$",
      ],
      likely: ["P6"],
      probes,
    });
  }
  for (const view of model.views) {
    const barrier: Fault = {
      id: `context.no-barrier ${view.object}`,
      description: `${view.object} is no security barrier`,
      statements: [`alter view ${view.object} reset (security_barrier)`],
      likely: ["T5", "P9"],
      probes,
    };
    if (/security_barrier/.test(view.options)) list.push(barrier);
    for (const role of model.request) {
      list.push({
        id: `context.view-granted ${view.object} to ${role}`,
        description: `${view.object} is granted to ${role}`,
        statements: [`grant select on ${view.object} to ${ident(role)}`],
        likely: ["M1", "T5"],
        probes,
      });
    }
  }
  return list;
}

function surroundingFaults(model: DeployedModel): Fault[] {
  const list: Fault[] = [];
  const add = (
    kind: string,
    description: string,
    statements: string[],
    likely: string[],
    probes: Fault["probes"] = [{ group: "roles" }],
  ) => list.push({ id: kind, description, statements, likely, probes });
  const role = model.request[0] ?? "public";
  for (const { name, owner } of model.schemas) {
    add(
      `default.tables ${name}`,
      `new tables in ${name} are readable by ${role}`,
      [
        `alter default privileges for role ${ident(owner)} in schema ${ident(name)} grant select on tables to ${ident(role)}`,
      ],
      ["T4"],
    );
    add(
      `default.functions ${name}`,
      `new functions in ${name} are PUBLIC's`,
      [
        `alter default privileges for role ${ident(owner)} in schema ${ident(name)} grant execute on functions to public`,
      ],
      ["T4"],
    );
    add(
      `schema.create ${name} to public`,
      `PUBLIC may create in ${name}`,
      [`grant create on schema ${ident(name)} to public`],
      ["F2", "M1"],
    );
    for (const one of model.request)
      add(
        `schema.create ${name} to ${one}`,
        `${one} may create in ${name}`,
        [`grant create on schema ${ident(name)} to ${ident(one)}`],
        ["F2", "M1"],
      );
  }
  for (const owner of model.owners) {
    add(
      `default.functions-global ${owner}`,
      `new functions of ${owner} are PUBLIC's`,
      [`alter default privileges for role ${ident(owner)} grant execute on functions to public`],
      ["T4"],
    );
  }
  add(
    "parameter.public",
    "PUBLIC may set session_replication_role",
    ["grant set on parameter session_replication_role to public"],
    ["R4"],
  );
  add(
    "large-object.public",
    "PUBLIC may make large objects",
    ["grant execute on function pg_catalog.lo_from_bytea(oid, bytea) to public"],
    ["T9"],
  );
  add(
    "temporary.public",
    "PUBLIC may make temporary tables",
    ["do $$ begin execute format('grant temporary on database %I to public', current_database()); end $$"],
    ["F2", "M1"],
  );
  return list;
}
