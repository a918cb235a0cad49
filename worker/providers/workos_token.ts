import { createRemoteJWKSet, customFetch, errors, jwtVerify } from "jose";
import { retryAfterSeconds, SignInError } from "./workos_errors.ts";

/** A just-issued token older than this is somebody's recording, not the answer to our exchange. */
const MAX_TOKEN_AGE = "5m";
/** Seconds by which WorkOS's clock and ours may differ. */
const CLOCK_TOLERANCE = 30;
/** jose's own limit for one fetch of the key set; the caller's deadline may be shorter. */
const KEYS_TIMEOUT_MS = 5_000;

/** What a verified WorkOS access token says. It has no `aud` and no email. */
export interface AccessTokenClaims {
  subject: string;
  sessionId: string;
  organizationId: string | null;
  /** `act.sub`: the WorkOS staff member or admin behind an impersonated session. */
  actor: string | null;
}

export interface AccessTokenVerifier {
  /** Makes sure the key set is at hand. Errors: as `verify`, except `SIGN_IN_TOKEN_INVALID`. */
  ready(): Promise<void>;
  /** Errors: `SIGN_IN_TOKEN_INVALID`, `SIGN_IN_PROVIDER_DOWN|SLOW|BUSY|MISCONFIGURED`. */
  verify(token: string): Promise<AccessTokenClaims>;
}

async function fetchKeys(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  if (response.status === 429) {
    const retryAfter = retryAfterSeconds(response.headers.get("Retry-After"));
    throw new SignInError("SIGN_IN_PROVIDER_BUSY", { retryAfter });
  }
  // The key set is public and its path holds only the client id: any other 4xx is ours to mend.
  if (response.status >= 400 && response.status < 500)
    throw new SignInError("SIGN_IN_PROVIDER_MISCONFIGURED");
  return response;
}

function keysError(thrown: unknown): SignInError {
  if (thrown instanceof SignInError) return thrown;
  return new SignInError(
    thrown instanceof errors.JWKSTimeout ? "SIGN_IN_PROVIDER_SLOW" : "SIGN_IN_PROVIDER_DOWN",
  );
}

function claim(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

/**
 * Verifies WorkOS access tokens against the client's own key set (`/sso/jwks/{clientId}`).
 *
 * WorkOS tokens carry no `aud`; what binds one to our client is that only our client's key set can
 * vouch for it, so the header must name a key (`kid`): else a set with a single key would be tried on
 * anything. A `client_id` claim, where an environment adds one, must be ours.
 */
export function accessTokenVerifier(options: {
  clientId: string;
  jwksUrl: string;
  issuers: readonly string[];
  timeoutMs: number;
}): AccessTokenVerifier {
  const keys = createRemoteJWKSet(new URL(options.jwksUrl), {
    timeoutDuration: Math.min(KEYS_TIMEOUT_MS, options.timeoutMs),
    [customFetch]: fetchKeys,
  });

  return {
    async ready() {
      if (keys.fresh) return;
      await keys.reload().catch((thrown: unknown) => {
        throw keysError(thrown);
      });
    },

    async verify(token) {
      const { payload } = await jwtVerify(
        token,
        async (header, input) => {
          if (typeof header.kid !== "string") throw new SignInError("SIGN_IN_TOKEN_INVALID");
          try {
            return await keys(header, input);
          } catch (thrown) {
            if (thrown instanceof errors.JWKSNoMatchingKey) throw new SignInError("SIGN_IN_TOKEN_INVALID");
            throw keysError(thrown);
          }
        },
        {
          // Named, never taken from the header: else `none`, or HS256 with the public key as secret.
          algorithms: ["RS256"],
          issuer: [...options.issuers],
          requiredClaims: ["sub", "sid", "exp"],
          maxTokenAge: MAX_TOKEN_AGE,
          clockTolerance: CLOCK_TOLERANCE,
        },
      ).catch((thrown: unknown) => {
        throw thrown instanceof SignInError ? thrown : new SignInError("SIGN_IN_TOKEN_INVALID");
      });

      const subject = claim(payload.sub);
      const sessionId = claim(payload.sid);
      const otherClient = payload.client_id !== undefined && payload.client_id !== options.clientId;
      if (subject === null || sessionId === null || otherClient)
        throw new SignInError("SIGN_IN_TOKEN_INVALID");
      const act = payload.act as { sub?: unknown } | undefined;
      return {
        subject,
        sessionId,
        organizationId: claim(payload.org_id),
        // Any `act` means that someone else is acting, named or not.
        actor: act === undefined ? null : (claim(act?.sub) ?? "unknown"),
      };
    },
  };
}
