import type { JobHelpers, Task } from "graphile-worker";
import { openSecret } from "../../envelope/secret.ts";
import { type ProviderCall, measureCall, recordProviderCall } from "../audit/provider_call.ts";
import { workosProvider, type WorkosIdentity } from "../providers/workos.ts";
import { SignInError } from "../providers/workos_errors.ts";
import type { WorkerContext } from "../runtime/context.ts";

declare global {
  namespace GraphileWorker {
    interface Tasks {
      sign_in: { call_id: string };
    }
  }
}

/** What the task needs of a worker. `timeoutMs` bounds the whole exchange with the provider. */
export interface SignInContext extends Pick<WorkerContext, "keys" | "answers"> {
  readonly workos: WorkerContext["workos"] & { readonly timeoutMs?: number };
}

interface Call {
  kind: string | null;
  caller_id: string;
  public_key: string | null;
  sealed_input: string;
  context: {
    flow: "web" | "desktop";
    state_hash: string;
    sealed_verifier: string;
    organization_id: string | null;
    address: string | null;
    user_agent: string | null;
  };
}

/** Below the 30 s after which nobody waits for the answer any more: a slow provider is then still called one. */
const EXCHANGE_TIMEOUT_MS = 25_000;

/** What `session.complete_sign_in` refuses with. */
const BY_SQLSTATE: Readonly<Record<string, string>> = {
  ZT010: "ORGANIZATION_UNKNOWN",
  ZT011: "NOT_INVITED",
  ZT012: "MEMBERSHIP_SUSPENDED",
  // Deleted in this moment.
  ZT016: "ORGANIZATION_UNKNOWN",
  ZT017: "ORGANIZATION_SIGN_IN_REQUIRED",
  ZS005: "SSO_REQUIRED",
};

/** A refusal of ours, by code; the API process knows the sentence. */
class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/**
 * The end of a sign-in: takes the call, exchanges the provider's code, and answers the API process with a session's
 * tokens or a coded refusal, sealed. It never throws for a refusal: a job's error is stored, and a code is good once.
 */
export function signIn({ keys, answers, workos: settings }: SignInContext): Task<"sign_in"> {
  const workos = workosProvider({ ...settings, timeoutMs: settings.timeoutMs ?? EXCHANGE_TIMEOUT_MS });

  async function identify(
    { sealed_input: sealedCode, context }: Call,
    tell: (call: ProviderCall) => void,
  ): Promise<WorkosIdentity> {
    const open = (purpose: string, jwe: string) =>
      Buffer.from(openSecret(keys.intake, { purpose, state: context.state_hash }, jwe)).toString("utf8");
    const request = {
      code: open("sign-in-code", sealedCode),
      codeVerifier: open("sign-in-verifier", context.sealed_verifier),
      ...(context.address ? { ipAddress: context.address } : {}),
      ...(context.user_agent ? { userAgent: context.user_agent } : {}),
    };
    return measureCall("workos", "authenticate", () => workos.exchangeCode(request), tell);
  }

  return async ({ call_id: callId }, helpers) => {
    const { rows } = await helpers.query<Call>("select * from sealed.take_identity($1)", [callId]);
    const call = rows[0];
    // Taken before, or too late: whoever asked has been told so.
    if (call?.kind !== "sign_in" || call.public_key === null) return;
    const asker = { call_id: callId, caller_id: call.caller_id, public_key: call.public_key };
    const seal = (answer: object) => answers.seal(asker, { bytes: Buffer.from(JSON.stringify(answer)) });

    let identity: WorkosIdentity | undefined;
    let called: ProviderCall | undefined;
    try {
      identity = await identify(call, (one) => (called = one));
      // An answer without the organization is a reason to ask the provider, and not proof that the person left it.
      const asked = call.context.organization_id;
      if (identity.organizationId === null || (asked !== null && identity.organizationId !== asked))
        await helpers.query("select session.check_organizations($1)", [identity.subject]);
      const person = admissible(identity, call);
      // One transaction: a session that nobody is told about does not come to be.
      await helpers.withPgClient(async (client) => {
        await client.query("begin");
        try {
          const { workspaceId, session } = await completeSignIn(client, person, call);
          await recordProviderCall(client, workspaceId, called!);
          await answers.send(client, [seal({ session })]);
          await client.query("commit");
        } catch (error) {
          await client.query("rollback");
          throw error;
        }
      });
    } catch (thrown) {
      const refused = refusal(thrown);
      if (refused.code === "SIGN_IN_FAILED") helpers.logger.error(`sign-in failed: ${nameOf(thrown)}`);
      const organization = identity ? identity.organizationId : call.context.organization_id;
      const workspaceId = await tellWorkspace(helpers, thrown, organization, called, refused.code, call);
      // Nobody here holds the provider's session, so it must not stay open there.
      if (identity) await endProviderSession(helpers, identity.workosSessionId, workspaceId);
      await answers.send({ query: helpers.query }, [seal({ refused })]);
    }
  };
}

/** Whom the provider vouches for, if that is enough for us. */
function admissible(identity: WorkosIdentity, { context }: Call): WorkosIdentity {
  if (!identity.emailVerified) throw new SignInError("SIGN_IN_EMAIL_UNVERIFIED");
  // Somebody of the provider's dashboard: the workspace's record would name the wrong person.
  if (identity.impersonator !== null) throw new Refusal("SIGN_IN_IMPERSONATION_REFUSED");
  if (context.organization_id !== null && identity.organizationId !== context.organization_id) {
    throw new Refusal("SIGN_IN_ORGANIZATION_MISMATCH");
  }
  return identity;
}

interface Queryable {
  query(text: string, values: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
}

async function completeSignIn(
  client: Queryable,
  identity: WorkosIdentity,
  { context }: Call,
): Promise<{ workspaceId: string; session: object }> {
  const name = [identity.firstName, identity.lastName].filter(Boolean).join(" ");
  const { rows } = await client.query(
    `select workspace_id, access_token, access_expires_at, refresh_token, expires_at
     from session.complete_sign_in($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      identity.subject,
      identity.email,
      name.replace(/\p{Cc}/gu, "").slice(0, 200),
      identity.organizationId,
      identity.authenticationMethod ?? "Unknown",
      identity.workosSessionId,
      context.flow,
      context.address,
      context.user_agent,
    ],
  );
  const row = rows[0]!;
  return {
    workspaceId: row.workspace_id as string,
    session: {
      accessToken: row.access_token,
      accessExpiresAt: row.access_expires_at,
      refreshToken: row.refresh_token,
      expiresAt: row.expires_at,
    },
  };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Writes a sign-in that failed, and the provider call that it made, into the log of the workspace that it was for. Where that is
 * nobody's, nothing is written: an event belongs to a workspace. The person waits for an answer, so this never throws.
 *
 * @returns the workspace, or null
 */
async function tellWorkspace(
  helpers: JobHelpers,
  thrown: unknown,
  organizationId: string | null,
  called: ProviderCall | undefined,
  code: string,
  { context }: Call,
): Promise<string | null> {
  try {
    // Postgres knows of one that has no organization: whose rule it was that refused.
    const { detail } = (thrown ?? {}) as { detail?: unknown };
    let workspaceId = typeof detail === "string" && UUID.test(detail) ? detail : null;
    if (!workspaceId && organizationId) {
      const { rows } = await helpers.query<{ id: string | null }>(
        "select audit.sign_in_workspace($1) as id",
        [organizationId],
      );
      workspaceId = rows[0]!.id;
    }
    if (!workspaceId) return null;
    const { rows } = await helpers.query<{ recorded: boolean }>(
      "select audit.sign_in_failed($1, $2, $3) as recorded",
      [workspaceId, code, context.flow],
    );
    // Whoever fails on and on fills the log with neither.
    if (called && rows[0]!.recorded) await recordProviderCall({ query: helpers.query }, workspaceId, called);
    return workspaceId;
  } catch (error) {
    helpers.logger.error(`a failed sign-in could not be recorded: ${nameOf(error)}`);
    return null;
  }
}

function refusal(thrown: unknown): { code: string; retryAfter?: number } {
  if (thrown instanceof SignInError) {
    const { code, retryAfter } = thrown;
    return retryAfter === undefined ? { code } : { code, retryAfter };
  }
  if (thrown instanceof Refusal) return { code: thrown.code };
  const sqlstate = (thrown as { code?: unknown } | null)?.code;
  return { code: (typeof sqlstate === "string" && BY_SQLSTATE[sqlstate]) || "SIGN_IN_FAILED" };
}

/** An error's kind for the log; its message may repeat what a person is called. */
function nameOf(thrown: unknown): string {
  const { name, code } = thrown as { name?: unknown; code?: unknown };
  return (
    [name, code].filter((word) => typeof word === "string" && /^\w{1,40}$/.test(word)).join(" ") || "unknown"
  );
}

async function endProviderSession(
  helpers: JobHelpers,
  sessionId: string,
  workspaceId: string | null,
): Promise<void> {
  await helpers.addJob(
    "end_provider_session",
    { provider_session_id: sessionId, workspace_id: workspaceId },
    { maxAttempts: 10 },
  );
}
