import { randomBytes } from "node:crypto";
import { demoPeople } from "../demo/people.ts";
import { demoMailboxPassword, demoNotesKeys } from "../demo/credentials.ts";
import { gongHosts, startGongStandin } from "../tests/standins/gong.ts";
import { googleHosts, startGoogleStandin } from "../tests/standins/google.ts";
import { granolaHosts, startGranolaStandin } from "../tests/standins/granola.ts";
import { startImapStandin } from "../tests/standins/imap.ts";
import { microsoftHosts, startMicrosoftStandin } from "../tests/standins/microsoft.ts";
import { nylasHosts, startNylasStandin } from "../tests/standins/nylas.ts";
import { salesforceHosts, startSalesforceStandin } from "../tests/standins/salesforce.ts";
import { startSmtpStandin } from "../tests/standins/smtp.ts";

/** Short, so that whoever tries the system sees a refresh: it comes after four fifths of that time. */
const accessTokenSeconds = 300;

/** What stands in for the providers of connections while a system is tried out. */
export interface ConnectionStandins {
  /** The worker's settings that lead to them; the API needs none. */
  readonly workerEnvironment: Readonly<Record<string, string>>;
  readonly smtpPort: number;
  readonly imapPort: number;
  close(): Promise<void>;
}

/**
 * Starts a stand-in for each provider that can be connected, on loopback. They remember nothing from one start to the next:
 * to a connection of yesterday it is as if its person had removed the product at the provider.
 *
 * @param mailPorts where the mail servers should listen; any free port where that one is taken
 */
export async function startConnectionStandins(
  publicUrl: string,
  mailPorts: { readonly smtp: number; readonly imap: number },
): Promise<ConnectionStandins> {
  const accounts = demoPeople.map(({ email }) => email);
  const clientId = "bulkhead-development";
  // New at each start: only the worker and the stand-ins know it.
  const clientSecret = randomBytes(24).toString("base64url");
  const registered = (provider: string) => ({
    clientId,
    clientSecret,
    redirectUris: [`${publicUrl}/oauth/callback/${provider}`],
    accounts,
  });
  const users = Object.fromEntries(accounts.map((email) => [email, demoMailboxPassword]));
  const [google, microsoft, nylas, salesforce, gong, granola] = await Promise.all([
    startGoogleStandin(registered("google")),
    startMicrosoftStandin(registered("microsoft")),
    startNylasStandin({ ...registered("nylas"), apiKey: clientSecret }),
    startSalesforceStandin({ ...registered("salesforce"), rotate: true }),
    startGongStandin({ ...registered("gong"), accounts: ["harbour", "lighthouse"] }),
    startGranolaStandin({ keys: demoNotesKeys }),
  ]);
  for (const one of [google, salesforce, gong]) one.setAccessTokenSeconds(accessTokenSeconds);
  const web = [google, microsoft, nylas, salesforce, gong, granola];
  const hosts = [googleHosts, microsoftHosts, nylasHosts, salesforceHosts, gongHosts, granolaHosts];
  const smtp = await atPort(mailPorts.smtp, (port) => startSmtpStandin({ users, port }));
  const imap = await atPort(mailPorts.imap, (port) => startImapStandin({ users, port }));
  const standins = Object.fromEntries(
    web.flatMap(({ origin }, n) => hosts[n]!.map((host) => [`https://${host}`, origin])),
  );
  const clients = ["GOOGLE", "MICROSOFT", "SALESFORCE", "GONG"].flatMap((name) => [
    [`${name}_CLIENT_ID`, clientId],
    [`${name}_CLIENT_SECRET`, clientSecret],
  ]);
  return {
    workerEnvironment: {
      ...(Object.fromEntries(clients) as Record<string, string>),
      NYLAS_CLIENT_ID: clientId,
      NYLAS_API_KEY: clientSecret,
      GRANOLA: "on",
      CONNECTION_STANDINS: JSON.stringify(standins),
      LOCAL_MAIL_SERVERS: `127.0.0.1:${smtp.port},127.0.0.1:${imap.port}`,
    },
    smtpPort: smtp.port,
    imapPort: imap.port,
    close: async () => void (await Promise.all([...web, smtp, imap].map((one) => one.close()))),
  };
}

async function atPort<Server>(port: number, start: (port: number) => Promise<Server>): Promise<Server> {
  return start(port).catch((error: { code?: string }) => {
    if (error.code !== "EADDRINUSE") throw error;
    return start(0);
  });
}
