import type { Report } from "../../../isolation/types.ts";

/** A report with one of everything, and names that would be markup or a workflow command if a reporter let them. */
const hostile = `x"><script>alert(1)</script>\n::error::planted`;

/** One of everything. */
export const report: Report = {
  command: "check",
  target: {
    database: "copy",
    user: "bulkhead_auditor",
    serverVersion: "18.4",
    serverVersionNumber: 180004,
    model: "bulkhead",
  },
  startedAt: "2026-11-23T10:00:00.000Z",
  durationMs: 250,
  coverage: { tables: 3, tenantTables: 2, policies: 4, functions: 5, roles: 6, checks: 2, probes: 2 },
  checks: [
    {
      id: "T1",
      title: "Row-level security is off",
      findings: [
        {
          checkId: "T1",
          severity: "critical",
          object: `mail.${hostile}`,
          problem: `is off ${hostile}`,
          mend: "enable it",
          source: "manual",
        },
        {
          checkId: "T1",
          severity: "low",
          object: "mail.messages",
          problem: "is on without a policy",
          mend: "add one",
          source: "manual",
        },
      ],
      accepted: [],
    },
    {
      id: "C4",
      title: "The catalogs tell",
      findings: [],
      accepted: [
        {
          finding: {
            checkId: "C4",
            severity: "low",
            object: "pg_class.reltuples",
            problem: "is readable",
            mend: "accept it",
            source: "manual",
          },
          entry: {
            id: "C4",
            object: "pg_class.reltuples",
            reason: "no caller sends SQL",
            expires: "2027-01-31",
          },
        },
      ],
    },
    { id: "R1", title: "An exempt role is reachable", findings: [], accepted: [] },
  ],
  probes: [
    { id: "P4 mail.messages blind update", title: "update without where", verdict: "fail", detail: "2 rows" },
    { id: "P5 mail.messages unset", title: "no context", verdict: "pass", detail: "0 rows" },
    { id: "P5 mail.notes unset", title: "no context", verdict: "unreliable", detail: "not seeded" },
  ],
  matrix: [
    {
      role: "bulkhead_member",
      kind: "request",
      object: "mail.messages",
      class: "tenant",
      command: "SELECT",
      reach: "own",
      meant: true,
      columns: ["id"],
      why: "select_member",
    },
    {
      role: "bulkhead_member",
      kind: "request",
      object: "mail.messages",
      class: "tenant",
      command: "DELETE",
      reach: "all",
      meant: false,
      columns: null,
      why: hostile,
    },
  ],
  policies: [
    {
      object: "mail.messages",
      name: "select_member",
      command: "SELECT",
      roles: ["bulkhead_member"],
      permissive: true,
      using: "(a < b)",
      check: null,
      meaning: "bulkhead_member may read rows of its workspace.",
    },
  ],
  differences: [
    {
      kind: "policy",
      object: "mail.messages.select_member",
      change: "changed",
      expected: "using (a)",
      actual: "using (true)",
    },
  ],
  mutants: [
    { id: "drop mail.messages.select_member", description: "policy dropped", killedBy: "M2" },
    { id: "weaken mail.messages", description: "policy weakened", killedBy: null },
  ],
  problems: ["the baseline's entry for C5 NOTIFY expired on 2026-01-31"],
  baselineUnused: [],
};

/** The same with nothing to mend. */
export const cleanReport: Report = {
  ...report,
  checks: report.checks.map((check) => ({ ...check, findings: [] })),
  probes: report.probes.filter((probe) => probe.verdict === "pass"),
  differences: [],
  mutants: [],
  problems: [],
};
