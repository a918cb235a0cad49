import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";

/** ms between two looks at what is left. */
const LOOK_MS = 500;

/**
 * Lets the worker wrap everything under its current key-encryption key, in all workspaces, and waits for the end. The work is
 * jobs: stopping this command stops its telling alone, and run again it goes on where the worker is.
 *
 * @param client of the login that deploys
 * @param log takes a line for each step of progress
 * @returns what each key-encryption key wraps in the end
 */
export async function rewrapKeys(client: pg.Client, log: (line: string) => void): Promise<string> {
  await client.query("set role bulkhead_keeper");
  const { rows: tickets } = await client.query<{ id: string }>("select session.enqueue_rewrap() as id");
  await untilDone(
    client,
    tickets.map(({ id }) => id),
    log,
  );

  const { rows } = await client.query<{ kek: string; workspace_keys: string; subject_keys: string }>(
    "select * from keyring.key_encryption_keys()",
  );
  return rows
    .map(
      ({ kek, workspace_keys, subject_keys }) =>
        `${kek} wraps ${workspace_keys} keys of workspaces and ${subject_keys} of people in audit logs`,
    )
    .join("\n");
}

/**
 * Lets the worker make a new version of one workspace's key, and waits for it. What is there stays readable.
 *
 * @param client of the login that deploys
 * @returns what was done
 */
export async function rotateKey(
  client: pg.Client,
  workspaceId: string,
  purpose: string,
  log: (line: string) => void,
): Promise<string> {
  await client.query("set role bulkhead_keeper");
  const { rows: tickets } = await client.query<{ id: string }>(
    "select session.enqueue_rotation($1, $2) as id",
    [workspaceId, purpose],
  );
  await untilDone(client, [tickets[0]!.id], log);
  return `the ${purpose} key of ${workspaceId} has a new version`;
}

async function untilDone(
  client: pg.Client,
  ids: readonly string[],
  log: (line: string) => void,
): Promise<void> {
  log(`${ids.length} ${ids.length === 1 ? "job" : "jobs"} for the worker`);
  for (let before = -1; ;) {
    const { rows } = await client.query<{ service: string; n: string }>(
      "select service, n from session.unfinished_tickets($1)",
      [ids],
    );
    const left = rows.reduce((sum, { n }) => sum + Number(n), 0);
    const waiting = rows.map(({ service, n }) => `${service} ${n}`).join(", ");
    if (left !== before)
      log(`${ids.length - left} of ${ids.length} done${waiting ? `; left: ${waiting}` : ""}`);
    if (left === 0) break;
    before = left;
    await sleep(LOOK_MS);
  }
}
