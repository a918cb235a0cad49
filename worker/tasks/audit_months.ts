import type { Task } from "./types.ts";

/** When it runs: once a night. A night that was missed is made up for. */
export const auditMonthsCrontab = "17 3 * * * audit_months ?fill=2d&max=3";

/** Makes the audit log's months ahead of time and drops those that no workspace's policy keeps any longer. */
export const auditMonths: Task<"audit_months"> = async (_payload, { query }) => {
  await query("select audit.ensure_partitions()");
  await query("select audit.drop_expired_partitions()");
};
