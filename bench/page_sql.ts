import type { BenchSystem } from "./system.ts";
import { benchPool } from "./system.ts";
import { line, paired, rate } from "./measure.ts";

const columns = "id, conversation_id, sent_at, sort_at, size, attachment_count";

/**
 * A page of 20 messages under row-level security with a registered token, against the same page as the superuser with a
 * hand-written `where workspace_id = …`. The token is set once per transaction of 50 pages, so that the policy is what differs.
 */
export async function pageBySql(system: BenchSystem): Promise<string[]> {
  const pages = 50;
  const api = benchPool(system.url("bulkhead_api"), { max: 1 });
  // With the settings of the API's login: a statement's timers cost the same on both sides.
  const owner = benchPool(system.adminUrl, {
    max: 1,
    options:
      "-c plan_cache_mode=force_generic_plan -c statement_timeout=30s -c lock_timeout=10s -c idle_in_transaction_session_timeout=30s",
  });
  const tenant = () => system.tenants[Math.floor(Math.random() * system.tenants.length)]!;
  const underPolicy = () =>
    rate(
      async () => {
        const client = await api.connect();
        await client.query("begin");
        await client.query(
          "select set_config('role', 'bulkhead_member', true), set_config('session.token', $1, true)",
          [tenant().accessToken],
        );
        for (let page = 0; page < pages; page += 1) {
          const { rows } = await client.query({
            name: "page_policy",
            text: `select ${columns} from mail.messages order by sort_at desc, id desc limit 20`,
          });
          if (rows.length !== 20) throw new Error("the page is not full");
        }
        await client.query("commit");
        client.release();
      },
      1,
      1.5,
    );
  const byHand = () =>
    rate(
      async () => {
        const client = await owner.connect();
        await client.query("begin");
        await client.query("select set_config('role', 'none', true), set_config('session.token', $1, true)", [
          "-",
        ]);
        const { workspaceId } = tenant();
        for (let page = 0; page < pages; page += 1) {
          await client.query({
            name: "page_by_hand",
            text: `select ${columns} from mail.messages where workspace_id = $1 order by sort_at desc, id desc limit 20`,
            values: [workspaceId],
          });
        }
        await client.query("commit");
        client.release();
      },
      1,
      1.5,
    );
  const pair = await paired(underPolicy, byHand, 7);
  await Promise.all([api.end(), owner.end()]);
  return [line("(1) 50 pages of 20 by SQL: RLS + token | superuser + WHERE", pair)];
}
