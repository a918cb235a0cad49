import type pg from "pg";
import { loadQueries } from "../queries.ts";
import type { Config } from "../types.ts";

/** A role that requests or services run as, and a login that reaches it. */
export interface Actor {
  readonly role: string;
  readonly login: string;
  readonly kind: string;
}

/** Every actor of the model, without anything being made in the database. */
export async function loadActors(client: pg.Client, config: Config): Promise<Actor[]> {
  const queries = await loadQueries();
  const model = JSON.stringify(config);
  const { rows: actors } = await client.query(queries.compile(["actor_facts"]), [model]);
  const { rows: reach } = await client.query(queries.compile(["reach_facts"]), [model]);
  return actors.map((actor) => ({
    role: actor.name as string,
    login: (reach.find((one) => one.role_oid === actor.oid && one.login !== actor.name)?.login ??
      actor.name) as string,
    kind: actor.kind as string,
  }));
}
