import { ImapFlow } from "imapflow";
import nodemailer from "nodemailer";
import type { Resolve } from "../egress/address.ts";
import type { EgressScope } from "../egress/client.ts";
import { EgressError } from "../egress/errors.ts";
import { guardMailServer, hasSignIn } from "../egress/mail_server.ts";
import type { Account, MailboxCredential } from "./connection_provider.ts";
import { ProviderError } from "./provider_error.ts";

/** Surroundings of the check. Resolver, local servers and timeout are for development and tests. */
export interface MailServerOptions extends Pick<EgressScope, "confirm" | "onCall"> {
  readonly resolve?: Resolve;
  /** Servers on this machine, `host:port`, spoken to without TLS. */
  readonly local?: readonly string[];
  /** Milliseconds for each of the two servers. */
  readonly timeoutMs?: number;
}

/**
 * Reads a raw mailbox's credential from what the person sent. A mailbox whose provider has a sign-in is refused here,
 * before its password goes anywhere.
 *
 * @throws {ProviderError} `PROVIDER_SIGN_IN_AVAILABLE`, `PROVIDER_CREDENTIAL_REJECTED`
 */
export function readMailbox(value: unknown): MailboxCredential {
  const { user, password, smtp, imap } = (value ?? {}) as Partial<MailboxCredential>;
  const server = (one: unknown): { host: string; port: number } => {
    const { host, port } = (one ?? {}) as { host?: unknown; port?: unknown };
    if (typeof host !== "string" || !Number.isInteger(port))
      throw new ProviderError("PROVIDER_CREDENTIAL_REJECTED");
    return { host: host.toLowerCase(), port: port as number };
  };
  const plain = (one: unknown): one is string =>
    typeof one === "string" && one !== "" && one.length <= 1000 && !/[\r\n\0]/.test(one);
  if (!plain(user) || !plain(password)) throw new ProviderError("PROVIDER_CREDENTIAL_REJECTED");
  const mailbox = { user, password, smtp: server(smtp), imap: server(imap) };
  if ([mailbox.smtp.host, mailbox.imap.host, user.slice(user.lastIndexOf("@") + 1)].some(hasSignIn)) {
    throw new ProviderError("PROVIDER_SIGN_IN_AVAILABLE");
  }
  return mailbox;
}

/**
 * Signs in to both servers and out again: a mailbox is connected when both let it in.
 *
 * @throws {ProviderError} `PROVIDER_CREDENTIAL_REJECTED`, `PROVIDER_UNAVAILABLE`; `EgressError` from the guard
 */
export async function checkMailbox(
  mailbox: MailboxCredential,
  options: MailServerOptions = {},
): Promise<Account> {
  await told("smtp.sign_in", options, () => checkSmtp(mailbox, options));
  await told("imap.sign_in", options, () => checkImap(mailbox, options));
  return { id: `${mailbox.user.toLowerCase()}@${mailbox.imap.host}`, label: mailbox.user };
}

/** As every call that leaves: asked for right before, told of after, whatever came of it. */
async function told(
  operation: string,
  { confirm, onCall }: MailServerOptions,
  work: () => Promise<void>,
): Promise<void> {
  const started = performance.now();
  let errorCode: string | null = null;
  try {
    await confirm?.();
    await work();
  } catch (error) {
    errorCode =
      error instanceof ProviderError || error instanceof EgressError ? error.code : "EGRESS_UNREACHABLE";
    throw error;
  } finally {
    await onCall?.({
      provider: "smtp_imap",
      operation,
      success: errorCode === null,
      errorCode,
      durationMs: Math.round(performance.now() - started),
    });
  }
}

async function checkSmtp(
  { user, password, smtp }: MailboxCredential,
  options: MailServerOptions,
): Promise<void> {
  const { address, port, servername, implicitTls } = await guardMailServer(smtp, options);
  const isLocal = options.local?.includes(`${smtp.host}:${smtp.port}`) ?? false;
  const timeout = options.timeoutMs ?? 30_000;
  const transport = nodemailer.createTransport({
    host: address,
    port,
    secure: implicitTls,
    requireTLS: !implicitTls && !isLocal,
    ignoreTLS: isLocal,
    auth: { user, pass: password },
    tls: { servername, rejectUnauthorized: true, minVersion: "TLSv1.2" },
    connectionTimeout: timeout,
    greetingTimeout: timeout,
    socketTimeout: timeout,
    logger: false,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    await transport.verify();
  } catch (error) {
    const { code, responseCode } = error as { code?: string; responseCode?: number };
    throw new ProviderError(
      code === "EAUTH" && (responseCode ?? 500) >= 500
        ? "PROVIDER_CREDENTIAL_REJECTED"
        : "PROVIDER_UNAVAILABLE",
    );
  } finally {
    transport.close();
  }
}

async function checkImap(
  { user, password, imap }: MailboxCredential,
  options: MailServerOptions,
): Promise<void> {
  const { address, port, servername, implicitTls } = await guardMailServer(imap, options);
  const isLocal = options.local?.includes(`${imap.host}:${imap.port}`) ?? false;
  const timeout = options.timeoutMs ?? 30_000;
  const client = new ImapFlow({
    host: address,
    port,
    secure: implicitTls,
    servername,
    doSTARTTLS: implicitTls || isLocal ? (isLocal ? false : undefined) : true,
    auth: { user, pass: password },
    tls: { servername, rejectUnauthorized: true, minVersion: "TLSv1.2" },
    // Its log lines hold the commands that it sends.
    logger: false,
    connectionTimeout: timeout,
    greetingTimeout: timeout,
    socketTimeout: timeout,
  });
  client.on("error", () => {});
  try {
    await client.connect();
    await client.logout();
  } catch (error) {
    const { authenticationFailed } = error as { authenticationFailed?: boolean };
    throw new ProviderError(authenticationFailed ? "PROVIDER_CREDENTIAL_REJECTED" : "PROVIDER_UNAVAILABLE");
  } finally {
    client.close();
  }
}
