import type { Task } from "./types.ts";

/** When it runs: every ten minutes. What was missed while no worker ran need not be made up for. */
export const cleanUpCrontab = "*/10 * * * * clean_up ?max=3";

/** Removes expired tokens, sign-ins, attempts, tickets and unanswered questions. */
export const cleanUp: Task<"clean_up"> = async (_payload, { query }) => {
  await query("select session.clean_up()");
};
