import type { Provider, ProviderRule } from "../rules.ts";
import { gongRule } from "./gong.ts";
import { googleRule } from "./google.ts";
import { granolaRule } from "./granola.ts";
import { microsoftRule } from "./microsoft.ts";
import { nylasRule } from "./nylas.ts";
import { salesforceRule } from "./salesforce.ts";

/**
 * What may be said to whom: the whole of what this system says to providers of connections over HTTP. Raw mail servers
 * are named by the person who connects one; `mail_server.ts` guards the way to them.
 */
export const providerRules: Readonly<Record<Exclude<Provider, "smtp_imap">, ProviderRule>> = {
  google: googleRule,
  microsoft: microsoftRule,
  nylas: nylasRule,
  salesforce: salesforceRule,
  gong: gongRule,
  granola: granolaRule,
};
