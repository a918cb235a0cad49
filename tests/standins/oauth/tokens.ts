import { createHash, randomBytes } from "node:crypto";
import type { Answer, Recorded } from "./server.ts";

/** What one consent allowed, and the tokens that came of it. */
export interface Family {
  readonly account: string;
  readonly scopes: readonly string[];
  revoked: boolean;
}

interface Code extends Family {
  readonly redirectUri: string;
  readonly challenge: string | undefined;
  used: boolean;
  family: Family | undefined;
}

export interface TokenOptions {
  /** `always`: each refresh gives a new token. `single_use`: and the old one, shown again, ends the family. */
  readonly rotation: "always" | "single_use";
  readonly challengeOf: (verifier: string) => string;
}

/** RFC 7636, S256. */
export const s256 = (verifier: string): string => createHash("sha256").update(verifier).digest("base64url");
/** Nylas' own: base64 of the hex digest, without padding. */
export const nylasChallenge = (verifier: string): string =>
  Buffer.from(createHash("sha256").update(verifier).digest("hex")).toString("base64").replace(/=+$/, "");

/** The token state of a hand-written stand-in: single-use codes, expiring access tokens, rotating refresh tokens. */
export function createTokens(options: TokenOptions) {
  const codes = new Map<string, Code>();
  const access = new Map<string, { family: Family; expiresAt: number }>();
  const refresh = new Map<string, { family: Family; used: boolean }>();
  const random = () => randomBytes(24).toString("base64url");
  const invalid: Answer = {
    status: 400,
    json: { error: "invalid_grant", error_description: "The grant is not valid." },
  };
  let seconds = 3600;

  function issue(family: Family): { access_token: string; refresh_token: string; expires_in: number } {
    const accessToken = random();
    const refreshToken = random();
    access.set(accessToken, { family, expiresAt: Date.now() + seconds * 1000 });
    refresh.set(refreshToken, { family, used: false });
    return { access_token: accessToken, refresh_token: refreshToken, expires_in: seconds };
  }

  return {
    setAccessTokenSeconds: (value: number) => void (seconds = value),
    code(account: string, scopes: readonly string[], redirectUri: string, challenge?: string): string {
      const code = random();
      codes.set(code, {
        account,
        scopes,
        redirectUri,
        challenge,
        revoked: false,
        used: false,
        family: undefined,
      });
      return code;
    },
    /** The family behind a code, once; a code shown again ends what it gave. */
    redeem({ body }: Recorded): Family | Answer {
      const code = codes.get(String(body.code ?? ""));
      if (!code || code.redirectUri !== body.redirect_uri) return invalid;
      if (code.used) {
        if (code.family) code.family.revoked = true;
        return invalid;
      }
      code.used = true;
      if (
        code.challenge !== undefined &&
        options.challengeOf(String(body.code_verifier ?? "")) !== code.challenge
      )
        return invalid;
      return (code.family = { account: code.account, scopes: code.scopes, revoked: false });
    },
    issue,
    refresh({ body }: Recorded): { family: Family; tokens: ReturnType<typeof issue> } | Answer {
      const known = refresh.get(String(body.refresh_token ?? ""));
      if (!known || known.family.revoked) return invalid;
      if (known.used && options.rotation === "single_use") {
        known.family.revoked = true;
        return invalid;
      }
      known.used = true;
      return { family: known.family, tokens: issue(known.family) };
    },
    bearer(request: Recorded): Family | undefined {
      const known = access.get(/^Bearer (\S+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "");
      return known && !known.family.revoked && known.expiresAt > Date.now() ? known.family : undefined;
    },
    revokeAccount(account: string): void {
      for (const { family } of [...access.values(), ...refresh.values()])
        if (family.account === account) family.revoked = true;
    },
    honours: (token: string): boolean => {
      const known = refresh.get(token);
      return (
        known !== undefined && !known.family.revoked && !(known.used && options.rotation === "single_use")
      );
    },
  };
}

/** Whether a value is an answer rather than what was asked for. */
export const isAnswer = (value: object): value is Answer => "status" in value;
