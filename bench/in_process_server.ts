import pg from "pg";
import { readConfig } from "../api/config.ts";
import { startApi } from "../api/http/server.ts";
import type { SealedCalls } from "../api/sealed/types.ts";
import { openContent } from "../worker/crypto/content.ts";
import { kekFromEnvironment } from "../worker/crypto/kek_from_environment.ts";
import { parseKeyId } from "../worker/crypto/key_id.ts";
import { createWorkspaceKeys } from "../worker/crypto/workspace_keys.ts";

// The baseline of bench/sealed.ts: the same API, but it holds the keys and opens by itself, as the superuser. Never in the
// serving path: this is what the sealed call is measured against.
const { KEK_PROVIDER, KEK_KEYRING, PLAIN_URL, ...environment } = process.env;
const pool = new pg.Pool({ connectionString: PLAIN_URL, max: 16 });
const keys = createWorkspaceKeys({ kek: kekFromEnvironment({ KEK_PROVIDER, KEK_KEYRING }) });
const sealed: SealedCalls = {
  callerId: "00000000-0000-0000-0000-000000000000",
  async openMessages(session, kind, ids) {
    const { rows } = await pool.query({
      name: "open",
      // By workspace and id, as the policy makes the worker's own look-up.
      text: `select m.id, m.workspace_id, m.sealed_body, k.version, k.kek, k.wrapped
             from session.tokens t
             join mail.messages m on m.workspace_id = t.workspace_id and m.id = any ($1::uuid[])
             join keyring.workspace_keys k on k.workspace_id = m.workspace_id and k.purpose = 'content'
             where t.token_hash = sha256(convert_to($2, 'UTF8'))`,
      values: [ids, session.token],
    });
    const opened = new Map<string, unknown>();
    for (const row of rows) {
      const bytes = await openContent(
        (kid) => keys.get(parseKeyId(kid)!, { kek: row.kek, wrapped: row.wrapped }),
        { workspaceId: row.workspace_id, kind, id: row.id },
        row.sealed_body,
      );
      opened.set(row.id, JSON.parse(new TextDecoder().decode(bytes)));
    }
    return opened;
  },
  openNames: () => Promise.reject(new Error("no names here")),
  openOrigins: () => Promise.reject(new Error("no origins here")),
  askIdentity: () => Promise.reject(new Error("no sign-in here")),
  close: () => pool.end(),
};
const api = await startApi(readConfig(environment), { sealed });
process.on("SIGTERM", () => void api.close().then(() => process.exit(0)));
