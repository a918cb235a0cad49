import { id, type TokenFlaws } from "./state.ts";
import type { Reply, SigningKey, State } from "./types.ts";

/** Everything the stand-in can do wrong on request. */
export type FailureKind =
  // the transport
  | "slow" // answers after `ms`
  | "slow_body" // headers and half the body at once, the rest after `ms`
  | "rate_limited" // 429 with `retryAfter` (seconds, or any header text)
  | "server_error" // `status`, 500 unless given
  | "html_error" // `status` with a proxy's HTML page, 502 unless given
  | "malformed_json" // 200, the true answer cut off in the middle
  | "connection_reset" // the request is carried out, then the connection is cut: the ambiguous case
  | "redirect" // 307 to `location`
  // our credentials
  | "unauthorized" // 401, as for a wrong API key
  | "forbidden" // 403
  | "invalid_client" // OAuth error
  // what WorkOS asks of the person
  | "email_verification_required"
  | "organization_selection_required"
  | "organization_authentication_methods_required"
  | "sso_required"
  | "mfa_enrollment"
  | "mfa_challenge"
  // tokens
  | "wrong_issuer"
  | "wrong_key" // another key under the published key's id
  | "unknown_key" // another key under an id that is not published
  | "expired_token"
  | "wrong_subject"
  | "wrong_client" // a `client_id` claim that names another client
  | "wrong_organization"; // a token for another organization than the answer says

export interface FailureOptions {
  /** Path to fail; `/user_management/authenticate` unless given. A prefix suffices. */
  path?: string;
  /** How many requests fail; 1 unless given. */
  times?: number;
  /** Milliseconds, for `slow` and `slow_body`; 60 000 unless given. */
  ms?: number;
  retryAfter?: number | string;
  status?: number;
  location?: string;
}

export interface Failure extends FailureOptions {
  kind: FailureKind;
  left: number;
}

/** Takes the first armed failure that matches a path. */
export function takeFailure(failures: Failure[], path: string): Failure | undefined {
  const failure = failures.find(
    (armed) => armed.left > 0 && path.startsWith(armed.path ?? "/user_management/authenticate"),
  );
  if (failure) failure.left -= 1;
  return failure;
}

const pendingToken = () => id("").toLowerCase();

/** The reply that replaces the true one, or undefined when the request is to be carried out first. */
export function failureReply(failure: Failure, state: State): Reply | undefined {
  const user = { object: "user", id: id("user_"), email: state.options.people[0]?.email ?? "a@example.com" };
  switch (failure.kind) {
    case "rate_limited":
      return {
        status: 429,
        json: { message: "Rate limit exceeded.", code: "rate_limit_exceeded" },
        headers: failure.retryAfter === undefined ? {} : { "retry-after": String(failure.retryAfter) },
      };
    case "server_error":
      return { status: failure.status ?? 500, json: { message: "Internal server error" } };
    case "html_error":
      return { status: failure.status ?? 502, html: "<html><body>Bad gateway</body></html>" };
    case "redirect":
      return { status: 307, location: failure.location ?? "/" };
    case "unauthorized":
      return { status: 401, json: { message: "Unauthorized" } };
    case "forbidden":
      return { status: 403, json: { message: "Forbidden", code: "forbidden" } };
    case "invalid_client":
      return { status: 400, json: { error: "invalid_client", error_description: "Invalid client ID." } };
    case "email_verification_required":
      return {
        status: 403,
        json: {
          code: failure.kind,
          message: "Email ownership must be verified before authentication.",
          pending_authentication_token: pendingToken(),
          email: user.email,
          email_verification_id: id("email_verification_"),
        },
      };
    case "organization_selection_required":
      return {
        status: 403,
        json: {
          code: failure.kind,
          message: "The user must choose an organization to finish their authentication.",
          pending_authentication_token: pendingToken(),
          organizations: state.options.organizations.map(({ id: organizationId, name }) => ({
            id: organizationId,
            name,
          })),
          user,
        },
      };
    case "sso_required":
      return ssoRequired(user.email);
    case "organization_authentication_methods_required":
      return {
        status: 403,
        json: {
          error: failure.kind,
          error_description: "User must authenticate using one of the methods allowed by the organization.",
          email: user.email,
          sso_connection_ids: [id("conn_")],
          auth_methods: { google_oauth: true, magic_auth: false, password: false },
          pending_authentication_token: pendingToken(),
        },
      };
    case "mfa_enrollment":
    case "mfa_challenge":
      return {
        status: 403,
        json: {
          code: failure.kind,
          message: "The user must complete an MFA challenge to finish authenticating.",
          pending_authentication_token: pendingToken(),
          authentication_factors: [{ id: id("auth_factor_"), type: "totp" }],
          user,
        },
      };
    default:
      return undefined;
  }
}

export function ssoRequired(email: string): Reply {
  return {
    status: 403,
    json: {
      error: "sso_required",
      error_description: "User must authenticate using one of the matching connections.",
      email,
      connection_ids: [id("conn_")],
      pending_authentication_token: pendingToken(),
    },
  };
}

/** What is wrong with the next token; none for failures that spare it. */
export function tokenFlaws(
  kind: FailureKind | undefined,
  state: State,
  otherKey: SigningKey | undefined,
): TokenFlaws {
  switch (kind) {
    case "wrong_issuer":
      return { issuer: "https://issuer.invalid" };
    case "wrong_key":
      return { key: { ...otherKey!, kid: state.key.kid } };
    case "unknown_key":
      return { key: otherKey! };
    case "expired_token":
      return { ageSeconds: 3600 };
    case "wrong_subject":
      return { subject: id("user_") };
    case "wrong_client":
      return { claims: { client_id: id("client_") } };
    case "wrong_organization":
      return { claims: { org_id: id("org_") } };
    default:
      return {};
  }
}
