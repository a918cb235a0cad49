import { randomBytes } from "node:crypto";
import { activeMemberships, now, userByEmail } from "./state.ts";
import { errorPage, signInPage } from "./page.ts";
import type { Pending, RecordedRequest, Reply, State, User } from "./types.ts";

/** WorkOS's codes live for ten minutes. */
const CODE_MS = 10 * 60_000;
const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);

/** An exact match, or a registered loopback URI on any port: desktop apps listen where they can (RFC 8252 §7.3). */
export function redirectAllowed(state: State, redirectUri: string): boolean {
  if (!URL.canParse(redirectUri)) return false;
  const asked = new URL(redirectUri);
  const loopback = asked.protocol === "http:" && LOOPBACK.has(asked.hostname);
  const registered = state.options.redirectUris;
  if (registered === undefined) return loopback;
  return registered.some((uri) => {
    if (uri === redirectUri) return true;
    const known = new URL(uri);
    known.port = asked.port;
    return loopback && LOOPBACK.has(known.hostname) && known.href === asked.href;
  });
}

function back(pending: Pick<Pending, "redirectUri" | "state">, params: Record<string, string>): Reply {
  const target = new URL(pending.redirectUri);
  for (const [name, value] of Object.entries(params)) target.searchParams.set(name, value);
  if (pending.state !== null) target.searchParams.set("state", pending.state);
  // 303, so that the page's POST becomes a GET.
  return { status: 303, location: target.href };
}

function grant(state: State, pending: Pending, user: User, organizationId: string | null): Reply {
  const code = randomBytes(20).toString("base64url");
  state.codes.set(code, {
    userId: user.id,
    organizationId,
    challenge: pending.challenge,
    expiresAt: now(state) + CODE_MS,
    used: false,
  });
  return back(pending, { code });
}

/** The organization a scripted sign-in lands in: the one asked for, else the only one; null leaves the choice open. */
function scripted(state: State, pending: Pending, email: string): Reply {
  const user = userByEmail(state, email);
  const memberships = user ? activeMemberships(user) : [];
  const asked = pending.organizationId;
  if (!user || (asked !== null && !memberships.some(({ organizationId }) => organizationId === asked))) {
    return back(pending, { error: "access_denied", error_description: "The user may not sign in." });
  }
  return grant(
    state,
    pending,
    user,
    asked ?? (memberships.length === 1 ? memberships[0]!.organizationId : null),
  );
}

/** GET /user_management/authorize. */
export function authorize(state: State, request: RecordedRequest): Reply {
  const { query } = request;
  // Neither of the two may be answered by a redirect: its target is not trusted yet.
  if (query.client_id !== state.options.clientId) return errorPage("Invalid client ID.");
  if (!query.redirect_uri || !redirectAllowed(state, query.redirect_uri)) {
    return errorPage("This redirect URI is not registered.");
  }
  const pending: Pending = {
    redirectUri: query.redirect_uri,
    state: query.state ?? null,
    challenge: query.code_challenge ?? "",
    organizationId: query.organization_id || null,
    loginHint: query.login_hint || null,
  };
  const refuse = (description: string) =>
    back(pending, { error: "invalid_request", error_description: description });
  if (query.response_type !== "code") return refuse("response_type must be code.");
  if (query.code_challenge_method !== "S256" || !/^[\w-]{43}$/.test(pending.challenge)) {
    return refuse("A PKCE code_challenge with method S256 is required.");
  }
  if (!query.provider && !pending.organizationId && !query.connection_id) {
    return refuse("One of provider, connection_id or organization_id is required.");
  }
  if (
    pending.organizationId &&
    !state.options.organizations.some(({ id }) => id === pending.organizationId)
  ) {
    return refuse("The organization does not exist.");
  }
  const skipPage = query.standin_approve === "1" || request.headers["x-standin-approve"] === "1";
  if (skipPage && pending.loginHint) return scripted(state, pending, pending.loginHint);

  const ticket = randomBytes(16).toString("base64url");
  state.pending.set(ticket, pending);
  return { status: 200, html: signInPage(state, ticket, pending) };
}

/** POST /standin/sign-in: a click on the page. `choice` is `cancel`, or a user id and an organization id. */
export function chosen(state: State, request: RecordedRequest): Reply {
  const ticket = String(request.body?.ticket ?? "");
  const pending = state.pending.get(ticket);
  if (!pending)
    return errorPage("This sign-in page has expired. Go back to the application and start again.");
  state.pending.delete(ticket);
  const [userId = "", organizationId = ""] = String(request.body?.choice ?? "").split(" ");
  const user = state.users.get(userId);
  const member =
    user && activeMemberships(user).some((membership) => membership.organizationId === organizationId);
  if (!user || (organizationId !== "" && !member)) {
    return back(pending, { error: "access_denied", error_description: "The user cancelled." });
  }
  return grant(state, pending, user, organizationId || null);
}
