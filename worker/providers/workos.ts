import { WorkOS } from "@workos-inc/node";
import { SignInError, signInErrorFrom } from "./workos_errors.ts";
import { accessTokenVerifier, type AccessTokenClaims } from "./workos_token.ts";

/** What WorkOS vouches for after one sign-in. Plain data: it holds none of WorkOS's tokens. */
export interface WorkosIdentity {
  /** WorkOS user id (`user_…`), the token's `sub`. */
  subject: string;
  email: string;
  emailVerified: boolean;
  firstName: string | null;
  lastName: string | null;
  /** WorkOS organization id (`org_…`) from the signed token; null without one. */
  organizationId: string | null;
  /** WorkOS session id (`session_…`): all that is kept, to end that session later. */
  workosSessionId: string;
  /** WorkOS's word, such as `SSO`, `MagicAuth`, `GoogleOAuth`; null when it does not say. */
  authenticationMethod: string | null;
  /** Set when someone signs in as somebody else from WorkOS's dashboard. */
  impersonator: { email: string; reason: string | null } | null;
}

export interface WorkosProviderOptions {
  apiKey: string;
  clientId: string;
  /** Origin of the API. Plain http is for loopback only: each exchange sends the API key. */
  baseUrl?: string;
  /** Accepted `iss`. WorkOS uses `https://api.workos.com`, `…/user_management/{clientId}` or a custom domain. */
  issuers: readonly string[];
  /** Milliseconds for one whole call, key set included. */
  timeoutMs?: number;
}

export interface ExchangeCode {
  code: string;
  /** PKCE verifier, RFC 7636 §4.1. */
  codeVerifier: string;
  ipAddress?: string;
  userAgent?: string;
}

export interface WorkosProvider {
  exchangeCode(request: ExchangeCode): Promise<WorkosIdentity>;
  /** Ends a WorkOS session; one that WorkOS no longer knows counts as ended. */
  revokeSession(sessionId: string): Promise<void>;
  /** The organizations that a user is an active member of; none for a user that WorkOS no longer has. */
  activeOrganizations(subject: string): Promise<string[]>;
  /**
   * Whom WorkOS's events since `after` (an event's id; null: since a time) say to have left an organization, or to be gone.
   * One page: `last` is the id to go on from, null when there is nothing new.
   */
  departures(after: string | null, since: Date): Promise<{ last: string | null; subjects: string[] }>;
  /** Where to send the browser so that WorkOS forgets it too. */
  logoutUrl(sessionId: string, returnTo?: string): string;
}

const CODE_VERIFIER = /^[A-Za-z0-9\-._~]{43,128}$/;
const CODE = /^[\x21-\x7e]{1,1024}$/;
const SESSION_ID = /^[\w-]{1,200}$/;

function host(baseUrl: string): { apiHostname: string; https: boolean; port?: number } {
  const url = new URL(baseUrl);
  const loopback = ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
  const bare = url.pathname === "/" && !url.search && !url.hash && !url.username && !url.password;
  if (!bare || !(url.protocol === "https:" || (url.protocol === "http:" && loopback))) {
    throw new SignInError("SIGN_IN_PROVIDER_MISCONFIGURED");
  }
  return {
    apiHostname: url.hostname,
    https: url.protocol === "https:",
    ...(url.port ? { port: Number(url.port) } : {}),
  };
}

/** Runs one call under one deadline; what comes out is a value or a {@link SignInError}. */
async function within<T>(timeoutMs: number, call: (deadline: AbortSignal) => Promise<T>): Promise<T> {
  const deadline = AbortSignal.timeout(timeoutMs);
  // Listens before any request does, so that the deadline's own error is the one that wins.
  const tooLate = new Promise<never>((_, reject) => {
    deadline.addEventListener("abort", () => reject(new SignInError("SIGN_IN_PROVIDER_SLOW")), {
      once: true,
    });
  });
  try {
    return await Promise.race([call(deadline), tooLate]);
  } catch (thrown) {
    throw signInErrorFrom(thrown);
  }
}

/**
 * Sign-in through WorkOS AuthKit, with the real SDK.
 *
 * Nothing is retried here. `POST /user_management/authenticate` spends a single-use code: after a lost
 * answer nobody knows whether it is spent, WorkOS does not document that its `Idempotency-Key` covers
 * it, and a second attempt would turn "provider down" into a misleading "code rejected". The person
 * starts again instead. A revocation may be repeated safely, but by the job that asked for it, which
 * has a back-off that outlives this process.
 *
 * @throws {SignInError} from every method, with a {@link SignInError.code} and never a `cause`.
 * @example
 * const workos = workosProvider({ apiKey, clientId, issuers: ["https://api.workos.com"] });
 * const identity = await workos.exchangeCode({ code, codeVerifier });
 */
export function workosProvider(options: WorkosProviderOptions): WorkosProvider {
  const { apiKey, clientId, issuers, baseUrl = "https://api.workos.com", timeoutMs = 30_000 } = options;
  // The SDK would fill an empty key or client id from the environment; an empty issuer list accepts none.
  if (!apiKey || !clientId || issuers.length === 0) throw new SignInError("SIGN_IN_PROVIDER_MISCONFIGURED");
  const target = host(baseUrl);

  // One client per call, so that the call's deadline reaches its socket.
  const client = (deadline?: AbortSignal): WorkOS =>
    new WorkOS(apiKey, {
      ...target,
      clientId,
      maxRetries: 0,
      timeout: timeoutMs,
      fetchFn: (input, init) => {
        const signals = [init?.signal, deadline].filter((signal) => signal != null);
        // A redirect would take the API key and the code, which are in the body, to another host.
        return fetch(input, { ...init, redirect: "error", signal: AbortSignal.any(signals) });
      },
    });
  const offline = client();
  const tokens = accessTokenVerifier({
    clientId,
    issuers,
    timeoutMs,
    jwksUrl: offline.userManagement.getJwksUrl(clientId),
  });

  return {
    async exchangeCode(request) {
      if (!CODE.test(request.code) || !CODE_VERIFIER.test(request.codeVerifier)) {
        throw new SignInError("SIGN_IN_CODE_REJECTED");
      }
      return within(timeoutMs, async (deadline) => {
        // Before the exchange: a key set out of reach must not cost the person a single-use code.
        await tokens.ready();
        deadline.throwIfAborted();
        const answer = await client(deadline).userManagement.authenticateWithCode({
          clientId,
          code: request.code,
          codeVerifier: request.codeVerifier,
          ...(request.ipAddress ? { ipAddress: request.ipAddress } : {}),
          ...(request.userAgent ? { userAgent: request.userAgent } : {}),
        });
        if (typeof answer.accessToken !== "string") throw new SignInError("SIGN_IN_PROVIDER_DOWN");
        return identity(answer, await tokens.verify(answer.accessToken));
      });
    },

    async revokeSession(sessionId) {
      if (!SESSION_ID.test(sessionId)) throw new SignInError("SIGN_IN_PROVIDER_MISCONFIGURED");
      await within(timeoutMs, async (deadline) => {
        try {
          await client(deadline).userManagement.revokeSession({ sessionId });
        } catch (thrown) {
          if ((thrown as { status?: unknown }).status === 404) return;
          const error = signInErrorFrom(thrown);
          // No code was sent: a request called malformed is ours to mend.
          if (error.code !== "SIGN_IN_CODE_REJECTED") throw error;
          throw new SignInError("SIGN_IN_PROVIDER_MISCONFIGURED", { requestId: error.requestId });
        }
      });
    },

    async activeOrganizations(subject) {
      return within(timeoutMs, async (deadline) => {
        try {
          const pages = await client(deadline).userManagement.listOrganizationMemberships({
            userId: subject,
            statuses: ["active"],
            limit: 100,
          });
          const memberships = await pages.autoPagination();
          return memberships.filter(({ status }) => status === "active").map((one) => one.organizationId);
        } catch (thrown) {
          if ((thrown as { status?: unknown }).status === 404) return [];
          throw thrown;
        }
      });
    },

    async departures(after, since) {
      return within(timeoutMs, async (deadline) => {
        const { data } = await client(deadline).events.listEvents({
          events: ["organization_membership.deleted", "organization_membership.updated", "user.deleted"],
          limit: 100,
          ...(after === null ? { rangeStart: since.toISOString() } : { after }),
        });
        const subjects = data.flatMap((event) => {
          if (event.event === "user.deleted") return [event.data.id];
          if (event.event === "organization_membership.deleted") return [event.data.userId];
          const left = event.event === "organization_membership.updated" && event.data.status !== "active";
          return left ? [event.data.userId] : [];
        });
        return { last: data.at(-1)?.id ?? null, subjects: [...new Set(subjects)] };
      });
    },

    logoutUrl(sessionId, returnTo) {
      if (!SESSION_ID.test(sessionId)) throw new SignInError("SIGN_IN_PROVIDER_MISCONFIGURED");
      return offline.userManagement.getLogoutUrl({ sessionId, ...(returnTo ? { returnTo } : {}) });
    },
  };
}

type Answer = Awaited<ReturnType<WorkOS["userManagement"]["authenticateWithCode"]>>;

/** Joins the answer's profile to the signed claims; where both speak, they must agree. */
function identity(answer: Answer, claims: AccessTokenClaims): WorkosIdentity {
  const { user } = answer;
  if (user.id !== claims.subject || (answer.organizationId ?? null) !== claims.organizationId) {
    throw new SignInError("SIGN_IN_TOKEN_INVALID");
  }
  if (typeof user.email !== "string" || user.email === "") throw new SignInError("SIGN_IN_PROVIDER_DOWN");
  const impersonator = answer.impersonator
    ? { email: answer.impersonator.email, reason: answer.impersonator.reason ?? null }
    : claims.actor !== null
      ? { email: claims.actor, reason: null }
      : null;
  return {
    subject: claims.subject,
    email: user.email,
    emailVerified: user.emailVerified === true,
    firstName: user.firstName ?? null,
    lastName: user.lastName ?? null,
    organizationId: claims.organizationId,
    workosSessionId: claims.sessionId,
    authenticationMethod: answer.authenticationMethod ?? null,
    impersonator,
  };
}
