import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";

/** A message as it was handed in. */
export interface Received {
  readonly from: string;
  readonly to: readonly string[];
  readonly raw: string;
}

export interface SmtpStandin {
  readonly host: "127.0.0.1";
  readonly port: number;
  readonly received: Received[];
  /** User names that signed in, in order. */
  readonly signedIn: string[];
  /** Sign-ins that were refused. */
  readonly refused: string[];
  /** The next sign-ins are answered with this status, for example 421 or 454. */
  failSignIn(status: number, times?: number): void;
  close(): Promise<void>;
}

/** A mail submission server on `smtp-server`, without TLS: loopback only. */
export async function startSmtpStandin(options: {
  readonly users: Readonly<Record<string, string>>;
  readonly port?: number;
}): Promise<SmtpStandin> {
  const received: Received[] = [];
  const signedIn: string[] = [];
  const refused: string[] = [];
  let failing = { status: 0, left: 0 };
  const server = new SMTPServer({
    disabledCommands: ["STARTTLS"],
    allowInsecureAuth: true,
    logger: false,
    onAuth(auth, _session, done) {
      if (failing.left > 0) {
        failing.left -= 1;
        return done(Object.assign(new Error("try again later"), { responseCode: failing.status }));
      }
      const user = auth.username ?? "";
      if (auth.password === undefined || options.users[user] !== auth.password) {
        refused.push(user);
        return done(Object.assign(new Error("authentication failed"), { responseCode: 535 }));
      }
      signedIn.push(user);
      done(null, { user });
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const { mailFrom, rcptTo } = session.envelope;
        received.push({
          from: mailFrom ? mailFrom.address : "",
          to: rcptTo.map(({ address }) => address),
          raw: Buffer.concat(chunks).toString("utf8"),
        });
        done();
      });
    },
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", () => resolve());
  });
  server.on("error", () => {});
  return {
    host: "127.0.0.1",
    port: (server.server.address() as AddressInfo).port,
    received,
    signedIn,
    refused,
    failSignIn: (status, times = 1) => void (failing = { status, left: times }),
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
