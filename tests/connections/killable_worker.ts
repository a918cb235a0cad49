import pg from "pg";
import { readWorkerConfig } from "../../worker/config.ts";
import { startWorker } from "../../worker/runtime/start.ts";

// A worker process that kills itself with SIGKILL at one exact moment: before a statement, between it and its commit,
// or right after that. `KILL_AT` is JSON: { statement, moment, skip }. Where that is too early or too late, the test kills.
const {
  statement = "",
  moment = "",
  skip = 0,
} = JSON.parse(process.env.KILL_AT ?? "{}") as {
  statement?: string;
  moment?: string;
  skip?: number;
};
const die = () => process.kill(process.pid, "SIGKILL");
const armed = new WeakSet<object>();
let left = skip;
const { query } = pg.Client.prototype as { query: (...parameters: any[]) => any };
pg.Client.prototype.query = function (this: pg.Client, ...parameters: any[]): any {
  const text = typeof parameters[0] === "string" ? parameters[0] : String(parameters[0]?.text ?? "");
  const hit = statement !== "" && text.includes(statement) && left-- <= 0;
  if (hit && moment === "before") die();
  if (hit) armed.add(this);
  const commits = text === "commit" && armed.has(this);
  if (commits && moment === "before_commit") die();
  const answer = query.apply(this, parameters);
  if (commits && moment === "after_commit") answer.then(die, () => {});
  return answer;
} as typeof pg.Client.prototype.query;

await startWorker(readWorkerConfig(process.env), { log: console.log, recoverEveryMs: 100 });
console.log("ready");
