/**
 * The shapes that checks, probes, the matrix, drift and mutation testing hand to the reporters.
 * Everything is plain data: a report is JSON as it stands.
 */

/** How bad a finding is. `critical` and `high` let a tenant reach another; the rest weakens a second line or tells. */
export type Severity = "critical" | "high" | "medium" | "low";

/** From worst to least. */
export const severities: readonly Severity[] = ["critical", "high", "medium", "low"];

/** One fault, as a check function in functions/isolation/ returns it. */
export interface Finding {
  /** The checklist's id: R1 … S3, M1, M2. */
  readonly checkId: string;
  readonly severity: Severity;
  /** What is at fault: `tenancy.people`, `policy select_member on tenancy.people`, `role bulkhead_api`, … */
  readonly object: string;
  /** What is wrong, a sentence without a full stop. */
  readonly problem: string;
  /** How to mend it: a sentence or a statement. */
  readonly mend: string;
  /** Where the rule comes from: a chapter of the PostgreSQL manual, a CVE. */
  readonly source: string;
}

/** One static check that ran. */
export interface CheckResult {
  readonly id: string;
  readonly title: string;
  /** Findings that no baseline entry accepts. */
  readonly findings: readonly Finding[];
  /** Findings that a baseline entry accepts. */
  readonly accepted: readonly AcceptedFinding[];
}

/** A finding and the entry of the baseline that accepts it. */
export interface AcceptedFinding {
  readonly finding: Finding;
  readonly entry: BaselineEntry;
}

/** An accepted risk. Every field is required; an entry past its expiry accepts nothing and fails the run. */
export interface BaselineEntry {
  /** A check's or probe's id. */
  readonly id: string;
  /** The finding's object (or the probe's id) exactly, or with `*` for any run of characters. */
  readonly object: string;
  readonly reason: string;
  /** ISO date, the last day on which it holds. */
  readonly expires: string;
}

/** Whether an attempt was refused. `unreliable`: it could not be made (no rows were seeded, say), which is never a pass. */
export type Verdict = "pass" | "fail" | "unreliable";

/** One attempt, rolled back. */
export interface ProbeResult {
  /** The checklist's id, then what was attempted: `P4 tenancy.people update without where`. Unique in a run. */
  readonly id: string;
  readonly title: string;
  readonly verdict: Verdict;
  /** What was seen: rows, error codes; never a row's content. */
  readonly detail: string;
}

/** How many rows a role reaches with a command. */
export type Reach = "none" | "own" | "all";

/** One cell of role × table × command. */
export interface MatrixRow {
  readonly role: string;
  /** `login`, `request`, `auditor`, `owner`, `other`. An owner's rows are what definer functions reach. */
  readonly kind: string;
  readonly object: string;
  /** `tenant`, `reference`, `private`, `unknown`. */
  readonly class: string;
  readonly command: string;
  readonly reach: Reach;
  /** Whether the model means it: false and `all` is a leak. */
  readonly meant: boolean;
  /** Null: every column. */
  readonly columns: readonly string[] | null;
  readonly why: string;
}

/** A policy's text beside what it means. */
export interface PolicyText {
  readonly object: string;
  readonly name: string;
  readonly command: string;
  readonly roles: readonly string[];
  readonly permissive: boolean;
  readonly using: string | null;
  readonly check: string | null;
  readonly meaning: string;
}

/** One difference between a live database and what the files would deploy. */
export interface Difference {
  /** `policy`, `grant`, `function`, `trigger`, `role`, `membership`, … */
  readonly kind: string;
  readonly object: string;
  /** `missing`: the files make it, the database lacks it. `unexpected`: the reverse. */
  readonly change: "missing" | "unexpected" | "changed";
  readonly expected: string | null;
  readonly actual: string | null;
}

/** One fault planted in a scratch database. */
export interface Mutant {
  readonly id: string;
  readonly description: string;
  /** The check or probe that found it; null: it survived. */
  readonly killedBy: string | null;
  /** Why it changes nothing, where that was proven; it then counts as no survivor. */
  readonly equivalent?: string;
}

/** The database that was looked at. */
export interface Target {
  readonly database: string;
  readonly user: string;
  /** For example `18.4`. */
  readonly serverVersion: string;
  /** For example 180004. */
  readonly serverVersionNumber: number;
  /** The model that says what is meant: its `name`. */
  readonly model: string;
}

/** What a run looked at. A zero where there should be something is itself a failure. */
export interface Coverage {
  readonly tables: number;
  readonly tenantTables: number;
  readonly policies: number;
  readonly functions: number;
  readonly roles: number;
  readonly checks: number;
  readonly probes: number;
}

/** Everything that one run found: the only input of a reporter. */
export interface Report {
  readonly command: CommandName;
  readonly target: Target;
  /** ISO time. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly coverage: Coverage;
  readonly checks: readonly CheckResult[];
  readonly probes: readonly ProbeResult[];
  readonly matrix: readonly MatrixRow[];
  readonly policies: readonly PolicyText[];
  readonly differences: readonly Difference[];
  readonly mutants: readonly Mutant[];
  /** Why the run fails apart from what it found: baseline entries past their expiry, nothing to look at, no probe run. */
  readonly problems: readonly string[];
  /** Baseline entries that accept nothing any more: said, but no failure. */
  readonly baselineUnused: readonly BaselineEntry[];
}

export type CommandName = "check" | "probe" | "matrix" | "drift" | "mutate";
export type Format = "text" | "tap" | "junit" | "sarif" | "json" | "html" | "github";

/** Turns a report into its whole output. `color`: ANSI colours may be used. */
export type Reporter = (report: Report, options?: { readonly color?: boolean }) => string;

/** One line of progress, to stderr. */
export type Progress = (line: string) => void;

/** What a command gets. */
export interface Run {
  /** The connection URL; never part of an error or of the output. */
  readonly url: string;
  /** A superuser's or role-creating login's URL, where the command needs one (drift and mutate on another server). */
  readonly adminUrl: string | null;
  readonly config: Config;
  readonly baseline: readonly BaselineEntry[];
  readonly progress: Progress;
  /** What stands after the known options: a command's own, `--quick` for example. */
  readonly rest: readonly string[];
}

/** What a command adds to a report; main.ts fills in the rest and takes the exit code from verdict.ts. */
export type CommandResult = Partial<Omit<Report, "command" | "target" | "startedAt" | "durationMs">>;

/** A command. It opens its own connections. */
export type Command = (run: Run) => Promise<CommandResult>;

/**
 * The model: what is meant. On this project's database `isolation.config()` says it; elsewhere a JSON file of this shape.
 * Names of roles and tables may hold `*`. Everything but `tenant` may be left out.
 */
export interface Config {
  readonly name: string;
  /**
   * Also report what is no leak by itself but no good habit: policies TO PUBLIC, functions that PUBLIC may execute,
   * private tables without forced row-level security, a tenant column that may be updated behind a WITH CHECK.
   */
  readonly strict?: boolean;
  /** Weigh another server version than the one at hand (S3), as server_version_num. */
  readonly serverVersionNumber?: number;
  /** Schemas to look at; left out: all but the system's. */
  readonly schemas?: readonly string[];
  readonly roles?: {
    /** Logins that may do everything and that no serving process uses; the bootstrap superuser always is one. */
    readonly admins?: readonly string[];
    /** Logins that deploy: they may become the owners. */
    readonly deploy?: readonly string[];
    /** Roles that own; definer functions run as them. No serving login may become one. */
    readonly owners?: readonly string[];
    /** Roles that a request runs as; left out: every role that a login can become. */
    readonly request?: readonly string[];
    /** Logins that serve. Given: another login that is exempt is an administrator to be named (S2); left out: it is held to be serving (R1). */
    readonly logins?: readonly string[];
    /** Logins with catalog access only: any right on a tenant table is a finding. */
    readonly auditors?: readonly string[];
  };
  readonly tenant: {
    /** The tenant column's names, in the order of preference. */
    readonly columns: readonly string[];
    /** Tables whose tenant column has another name: `{ "tenancy.workspaces": "id" }`. */
    readonly tables?: Readonly<Record<string, string>>;
  };
  readonly context?: {
    /** Settings that carry the context: `["app.current_org"]`. */
    readonly settings?: readonly string[];
    /**
     * Conditions that bind a row to the tenant, as SQL. `{column}` stands for the tenant column, `{text}` for any
     * string literal: `"{column} = (select session.workspace_with({text}))"`. With `means`, the sentence for people.
     * Left out: `{column} = current_setting('…')` for each of `settings`, with or without nullif and a cast.
     */
    readonly conditions?: readonly (string | { readonly sql: string; readonly means?: string })[];
    /** How a caller sets the context before a query (probes run these with the tenant as $1): `["select set_config('app.current_org', $1, true)"]`. */
    readonly enter?: readonly string[];
    /** True where whoever may run SQL may name any tenant: a plain setting. It is reported once, as P6. */
    readonly forgeable?: boolean;
  };
  /** Tables without a tenant: `reference` may be read by all, `private` by no request role. */
  readonly tables?: {
    readonly reference?: readonly string[];
    readonly private?: readonly string[];
    /** Private tables whose owner need not be bound (strict only). */
    readonly unforced?: readonly string[];
  };
  /** What is meant to be granted. Left out: any own-rows access passes, all-rows access on a tenant table never does. */
  readonly access?: readonly Access[];
  /** What looks wrong and is meant. */
  readonly meant?: readonly Meant[];
  /** What the audit trail must hold: its table, and the function that the triggers call. */
  readonly audit?: {
    readonly table: string;
    /** Tables that are append-only like it. */
    readonly protected?: readonly string[];
    readonly functions: readonly string[];
    /** Trigger functions that refuse TRUNCATE. */
    readonly truncate?: readonly string[];
    /** Tenant tables that are not watched. */
    readonly unwatched?: readonly string[];
  };
}

/** One meant right. */
export interface Access {
  readonly role: string;
  readonly object: string;
  readonly commands: readonly string[];
  /** Null or left out: every column. */
  readonly columns?: readonly string[] | null;
  readonly rows: "own" | "all";
  /** The policy's condition must be this one of `context.conditions`, filled in. */
  readonly condition?: string;
  readonly reason: string;
}

/** One thing that a check would report, and is meant. Without an expression it drops the check's findings on the object. */
export interface Meant {
  readonly check: string;
  readonly object: string;
  /** For a policy `table.policy`: the exact expression, of USING or WITH CHECK, that is meant (M1: instead of the model's condition). Another one is reported. */
  readonly expression?: string;
  readonly reason: string;
}
