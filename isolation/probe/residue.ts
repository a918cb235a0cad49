import pg from "pg";
import { connect } from "../connect.ts";
import type { Config, ProbeResult } from "../types.ts";
import { loadActors } from "./actors.ts";

/**
 * S1 and C5: what one request leaves on a pooled connection for the next, and what one connection can tell another. These
 * need several transactions, so each commits; none of them touches a table. Postgres itself forbids none of it: they stay
 * closed only as long as no caller sends SQL of its own, which is what the baseline must say.
 */
export async function probeResidue(url: string, config: Config): Promise<ProbeResult[]> {
  const client = await connect(url);
  const other = await connect(url);
  const results: ProbeResult[] = [];
  try {
    const actors = await loadActors(client, config);
    const actor = actors.find((one) => one.kind === "request") ?? actors.find((one) => one.kind === "login");
    if (!actor) return [];
    for (const one of [client, other]) {
      await one.query("set search_path = pg_catalog");
      await one.query(`set session authorization ${pg.escapeIdentifier(actor.login)}`);
    }
    const request = async (on: pg.Client, statements: readonly string[]): Promise<unknown> => {
      await on.query("begin");
      try {
        await on.query(`set local role ${pg.escapeIdentifier(actor.role)}`);
        let last: pg.QueryResult | undefined;
        for (const statement of statements) last = await on.query(statement);
        await on.query("commit");
        return last?.rows[0] ? Object.values(last.rows[0])[0] : null;
      } catch (error) {
        await on.query("rollback");
        return error;
      }
    };
    const add = (id: string, title: string, found: boolean, detail: string) =>
      results.push({
        id,
        title,
        verdict: found ? "fail" : "pass",
        detail: found ? detail : "nothing was left",
      });

    await request(client, ["declare isolation_probe cursor with hold for select 'residue' as value"]);
    const fetched = await request(client, ["fetch next from isolation_probe"]);
    add(
      "S1 pool held cursor",
      "leave a held cursor for the next request",
      fetched === "residue",
      "the next request on the connection fetched from it",
    );

    await request(client, ["select set_config('isolation.probe', 'residue', false)"]);
    const setting = await request(client, ["select current_setting('isolation.probe', true)"]);
    add(
      "S1 pool session setting",
      "leave a setting for the next request",
      setting === "residue",
      "the next request on the connection read it",
    );

    await request(client, ["prepare isolation_probe as select 'residue' as value"]);
    const executed = await request(client, ["execute isolation_probe"]);
    add(
      "S1 pool prepared statement",
      "leave a prepared statement for the next request",
      executed === "residue",
      "the next request on the connection executed it",
    );

    await request(client, ["select pg_advisory_lock(hashtext('isolation.probe'))"]);
    const locked = await request(other, ["select pg_try_advisory_lock(hashtext('isolation.probe'))"]);
    add(
      "S1 pool advisory lock",
      "hold a lock beyond the request",
      locked === false,
      "another connection waits for a lock that no request holds any more",
    );

    const heard: string[] = [];
    other.on("notification", (message) => heard.push(message.payload ?? ""));
    await request(other, ["listen isolation_probe"]);
    await request(client, ["notify isolation_probe, 'residue'"]);
    // A statement's answer comes after the notifications that were due before it.
    await other.query("select 1");
    add(
      "C5 NOTIFY",
      "hear another tenant's notifications",
      heard.includes("residue"),
      "channels belong to the database: whoever can send SQL can listen to every one",
    );
  } finally {
    // Both connections end here, and with them all that was left on them.
    await client.end().catch(() => {});
    await other.end().catch(() => {});
  }
  return results;
}
