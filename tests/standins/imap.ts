import { type AddressInfo, type Socket, createServer } from "node:net";

export interface ImapStandin {
  readonly host: "127.0.0.1";
  readonly port: number;
  /** User names that signed in, in order. */
  readonly signedIn: string[];
  close(): Promise<void>;
}

const CAPABILITIES = "IMAP4rev1 SASL-IR AUTH=PLAIN";
/** Longer than any command of a sign-in; a client that sends more is cut off. */
const MAX_LINE = 8_192;

/**
 * The first steps of IMAP4rev1 (RFC 9051 section 6.1 to 6.3) without TLS, over mailboxes that are empty: enough to sign in
 * and look. Loopback only. Tests of the protocol itself run against dovecot, which not every machine has.
 */
export async function startImapStandin(options: {
  readonly users: Readonly<Record<string, string>>;
  readonly port?: number;
}): Promise<ImapStandin> {
  const signedIn: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    const user = serve(socket, options.users);
    user.onSignIn = (name) => signedIn.push(name);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", () => resolve());
  });
  return {
    host: "127.0.0.1",
    port: (server.address() as AddressInfo).port,
    signedIn,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function serve(socket: Socket, users: Readonly<Record<string, string>>) {
  const events: { onSignIn: (user: string) => void } = { onSignIn: () => {} };
  let user: string | undefined;
  let pendingTag: string | undefined;
  let text = "";
  const say = (line: string) => socket.write(`${line}\r\n`);

  function signIn(tag: string, name: string, password: string): void {
    if (!Object.hasOwn(users, name) || users[name] !== password)
      return void say(`${tag} NO [AUTHENTICATIONFAILED] these are not the name and password of a mailbox`);
    user = name;
    events.onSignIn(name);
    say(`${tag} OK [CAPABILITY ${CAPABILITIES}] signed in`);
  }

  /** RFC 4616: an identity to act as, a name and a password, separated by NUL. */
  function plain(tag: string, response: string): void {
    const [, name = "", password = ""] = Buffer.from(response, "base64").toString("utf8").split("\0");
    signIn(tag, name, password);
  }

  const commands: Readonly<Record<string, (tag: string, rest: string) => void>> = {
    CAPABILITY: (tag) => (say(`* CAPABILITY ${CAPABILITIES}`), say(`${tag} OK`)),
    NOOP: (tag) => say(`${tag} OK`),
    LOGOUT: (tag) => (say("* BYE"), say(`${tag} OK`), void socket.end()),
    AUTHENTICATE(tag, rest) {
      const [mechanism = "", response] = rest.split(" ");
      if (mechanism.toUpperCase() !== "PLAIN") return say(`${tag} NO there is only PLAIN`);
      if (response !== undefined) return plain(tag, response);
      pendingTag = tag;
      say("+ ");
    },
    LOGIN(tag, rest) {
      const [name = "", password = ""] = [...rest.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(
        ([, quoted, atom]) => quoted?.replaceAll(/\\(.)/g, "$1") ?? atom ?? "",
      );
      signIn(tag, name, password);
    },
    LIST: (tag) => (say('* LIST (\\HasNoChildren) "/" INBOX'), say(`${tag} OK`)),
    SELECT: (tag) => (say("* 0 EXISTS"), say("* OK [UIDVALIDITY 1]"), say(`${tag} OK [READ-WRITE]`)),
    EXAMINE: (tag) => (say("* 0 EXISTS"), say("* OK [UIDVALIDITY 1]"), say(`${tag} OK [READ-ONLY]`)),
  };
  const beforeSignIn = new Set(["CAPABILITY", "NOOP", "LOGOUT", "AUTHENTICATE", "LOGIN"]);

  socket.setEncoding("latin1");
  socket.on("data", (chunk: string) => {
    text += chunk;
    if (text.length > MAX_LINE) return void socket.destroy();
    for (let end = text.indexOf("\r\n"); end >= 0; end = text.indexOf("\r\n")) {
      const line = text.slice(0, end);
      text = text.slice(end + 2);
      if (pendingTag !== undefined) {
        plain(pendingTag, line);
        pendingTag = undefined;
        continue;
      }
      const [, tag = "*", name = "", rest = ""] = /^(\S+) (\S+) ?(.*)$/.exec(line) ?? [];
      const command = name.toUpperCase();
      if (!Object.hasOwn(commands, command)) say(`${tag} BAD that command is not known here`);
      else if (user === undefined && !beforeSignIn.has(command)) say(`${tag} NO sign in first`);
      else commands[command]!(tag, rest);
    }
  });
  say(`* OK [CAPABILITY ${CAPABILITIES}] a stand-in`);
  return events;
}
