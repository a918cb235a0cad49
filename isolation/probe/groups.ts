/** The groups of SQL probes, functions/isolation/probe_<name>.sql, in the order in which they run. */
export const probeGroups = [
  "read",
  "nodes",
  "write",
  "roles",
  "keys",
  "functions",
  "shadows",
  "views",
  "plans",
  "planner",
  "audit",
  "tickets",
] as const;

export type ProbeGroup = (typeof probeGroups)[number];

/** What a person reads while a group runs. */
export const groupTitles: Readonly<Record<ProbeGroup, string>> = {
  read: "reading every table in every context",
  nodes: "asking for another tenant's nodes and cursors",
  write: "writing to every table, blind",
  roles: "becoming other roles, making shadows",
  keys: "asking unique and foreign keys",
  functions: "calling every function with another tenant's ids",
  shadows: "shadowing what definer functions use",
  views: "looking through views",
  plans: "executing one tenant's plan for another",
  planner: "asking the planner",
  audit: "counting audit events",
  tickets: "presenting tickets in the wrong hands",
};
