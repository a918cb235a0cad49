import type pg from "pg";
import { runInTransaction } from "../database/transaction.ts";
import type { OpenKind, RequestSession } from "./types.ts";

/** What is asked of an audit trail, by kind. */
const trailQuestions = {
  "audit.subject": { name: "ask_names", text: "select sealed.ask_names($1, $2, $3, $4)" },
  "audit.origin": { name: "ask_origins", text: "select sealed.ask_origins($1, $2, $3, $4)" },
} as const;

/** A question that is not asked yet. */
export interface Question {
  /** A UUID, drawn at random. */
  readonly call: string;
  readonly callerId: string;
  readonly session: RequestSession;
  readonly kind: OpenKind | keyof typeof trailQuestions;
  /** Whose trail is asked about; not for messages, which are the session's own. */
  readonly workspaceId?: string;
  readonly ids: readonly string[];
  /** Told why it could not be asked. */
  readonly fail: (error: unknown) => void;
}

/**
 * Asks the questions of one batch and hands them to the worker as one job: all of it in one burst on a pipelining
 * connection, one round trip. Each question is a transaction of its own session, so what one may not ask, or asks
 * wrongly, is refused to it alone.
 */
export async function askAll(client: pg.Client, questions: readonly Question[]): Promise<void> {
  const { stream } = (client as unknown as { connection: { stream: { cork(): void; uncork(): void } } })
    .connection;
  stream.cork();
  let asked: Promise<unknown>[];
  let handedOver: Promise<unknown>;
  try {
    asked = questions.map(({ call, callerId, session, kind, workspaceId, ids, fail }) =>
      runInTransaction(
        client as pg.PoolClient,
        { role: session.role, "session.token": session.token },
        kind === "audit.subject" || kind === "audit.origin"
          ? { ...trailQuestions[kind], values: [workspaceId, ids, callerId, call] }
          : {
              name: "ask_to_open",
              text: "select sealed.ask_to_open($1, $2, $3, $4)",
              values: [kind, ids, callerId, call],
            },
      ).catch(fail),
    );
    // Sent before the answers are known: ids of refused questions name no call, and the worker passes over them.
    handedOver = client
      .query({
        name: "dispatch",
        text: "select sealed.dispatch($1)",
        values: [questions.map(({ call }) => call)],
      })
      .catch((error: unknown) => questions.forEach(({ fail }) => fail(error)));
  } finally {
    stream.uncork();
  }
  await Promise.all([...asked, handedOver]);
}
