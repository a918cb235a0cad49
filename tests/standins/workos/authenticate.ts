import { createHash } from "node:crypto";
import { ssoRequired } from "./failures.ts";
import { accessToken, activeMemberships, id, now, refreshToken, userJson, type TokenFlaws } from "./state.ts";
import type { RecordedRequest, Reply, Session, State, User } from "./types.ts";

const SELECTION = "urn:workos:oauth:grant-type:organization-selection";

function oauthError(error: string, description: string): Reply {
  return { status: 400, json: { error, error_description: description } };
}

async function answer(state: State, session: Session, flaws: TokenFlaws): Promise<Reply> {
  const user = state.users.get(session.userId)!;
  return {
    status: 200,
    json: {
      user: userJson(user),
      ...(session.organizationId === null ? {} : { organization_id: session.organizationId }),
      access_token: await accessToken(state, session, flaws),
      refresh_token: refreshToken(state, session),
      authentication_method: user.person.authenticationMethod ?? "MagicAuth",
      ...(user.person.impersonator ? { impersonator: user.person.impersonator } : {}),
    },
  };
}

/** What may still stand between a known person and a session. */
function obstacle(state: State, user: User, organizationId: string | null): Reply | undefined {
  const { person } = user;
  if ((state.options.requireVerifiedEmail ?? true) && person.emailVerified === false) {
    return {
      status: 403,
      json: {
        code: "email_verification_required",
        message: "Email ownership must be verified before authentication.",
        pending_authentication_token: id("").toLowerCase(),
        email: person.email,
        email_verification_id: id("email_verification_"),
      },
    };
  }
  const organizations = activeMemberships(user).map((membership) => membership.organizationId);
  if (organizationId === null && organizations.length > 1) {
    const pendingToken = id("").toLowerCase();
    state.pendingAuthentications.set(pendingToken, { userId: user.id });
    return {
      status: 403,
      json: {
        code: "organization_selection_required",
        message: "The user must choose an organization to finish their authentication.",
        pending_authentication_token: pendingToken,
        organizations: state.options.organizations
          .filter((organization) => organizations.includes(organization.id))
          .map((organization) => ({ id: organization.id, name: organization.name })),
        user: userJson(user),
      },
    };
  }
  const organization = state.options.organizations.find((candidate) => candidate.id === organizationId);
  if (organization?.ssoRequired && person.authenticationMethod !== "SSO") return ssoRequired(person.email);
  return undefined;
}

async function begin(state: State, userId: string, organizationId: string | null, flaws: TokenFlaws) {
  const user = state.users.get(userId)!;
  const stopped = obstacle(state, user, organizationId);
  if (stopped) return stopped;
  const session: Session = { id: id("session_"), userId, organizationId, ended: false };
  state.sessions.set(session.id, session);
  user.lastSignInAt = new Date(now(state)).toISOString();
  return answer(state, session, flaws);
}

async function authorizationCode(
  state: State,
  body: Record<string, unknown>,
  flaws: TokenFlaws,
): Promise<Reply> {
  const code = state.codes.get(String(body.code ?? ""));
  if (!code) return oauthError("invalid_grant", "The code is invalid.");
  if (code.used) return oauthError("invalid_grant", "The code has already been exchanged.");
  if (code.expiresAt <= now(state)) return oauthError("invalid_grant", "The code has expired.");
  // Spent by the attempt, right or wrong: a verifier cannot be guessed at.
  code.used = true;
  const challenge = createHash("sha256")
    .update(String(body.code_verifier ?? ""))
    .digest("base64url");
  if (challenge !== code.challenge) return oauthError("invalid_grant", "Invalid code verifier.");
  return begin(state, code.userId, code.organizationId, flaws);
}

async function refresh(state: State, body: Record<string, unknown>, flaws: TokenFlaws): Promise<Reply> {
  const token = state.refreshTokens.get(String(body.refresh_token ?? ""));
  if (!token) return oauthError("invalid_grant", "Invalid refresh token.");
  if (token.used) return oauthError("invalid_grant", "Refresh token already exchanged.");
  const session = state.sessions.get(token.sessionId)!;
  if (session.ended) return oauthError("invalid_grant", "Session has already ended.");
  if (typeof body.organization_id === "string") {
    const memberships = activeMemberships(state.users.get(session.userId)!);
    if (!memberships.some(({ organizationId }) => organizationId === body.organization_id)) {
      return oauthError("invalid_grant", "The user is no member of this organization.");
    }
    session.organizationId = body.organization_id;
  }
  token.used = true;
  return answer(state, session, flaws);
}

/** POST /user_management/authenticate. A public client proves itself by PKCE, a confidential one by its API key as well. */
export async function authenticate(
  state: State,
  request: RecordedRequest,
  flaws: TokenFlaws,
): Promise<Reply> {
  const body = request.body ?? {};
  if (body.client_id !== state.options.clientId) return oauthError("invalid_client", "Invalid client ID.");
  if (body.client_secret !== undefined && body.client_secret !== state.options.apiKey) {
    return oauthError("invalid_client", "Invalid client secret.");
  }
  switch (body.grant_type) {
    case "authorization_code":
      return authorizationCode(state, body, flaws);
    case "refresh_token":
      return refresh(state, body, flaws);
    case SELECTION: {
      if (body.client_secret === undefined) return oauthError("invalid_client", "Invalid client secret.");
      const token = String(body.pending_authentication_token ?? "");
      const pending = state.pendingAuthentications.get(token);
      const user = pending && state.users.get(pending.userId);
      const member = user && activeMemberships(user).find((m) => m.organizationId === body.organization_id);
      if (!user || !member) return oauthError("invalid_grant", "Invalid pending authentication token.");
      state.pendingAuthentications.delete(token);
      return begin(state, user.id, member.organizationId, flaws);
    }
    default:
      return oauthError("unsupported_grant_type", "The grant type is not supported.");
  }
}
