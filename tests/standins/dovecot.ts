import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import os from "node:os";
import path from "node:path";

const BINARY = ["/usr/sbin/dovecot", "/usr/bin/dovecot"].find((file) => existsSync(file));

/** Whether Debian's dovecot is installed (`apt-get install dovecot-imapd`) and may be started: it wants to be root. */
export const dovecotAvailable = BINARY !== undefined && process.getuid?.() === 0;

export interface Dovecot {
  readonly port: number;
  /** What it logged so far. */
  log(): Promise<string>;
  stop(): Promise<void>;
}

/** A real IMAP server with its own mail, users and port; loopback, without TLS. */
export async function startDovecot(users: Readonly<Record<string, string>>): Promise<Dovecot> {
  const base = await mkdtemp(path.join(os.tmpdir(), "bulkhead-dovecot-"));
  await chmod(base, 0o755);
  const port = await freePort();
  await mkdir(path.join(base, "mail"), { mode: 0o777 });
  await chmod(path.join(base, "mail"), 0o777);
  const passwd = Object.entries(users).map(([user, password]) => `${user}:{PLAIN}${password}::::::`);
  await writeFile(path.join(base, "users"), `${passwd.join("\n")}\n`, { mode: 0o644 });
  await writeFile(
    path.join(base, "dovecot.conf"),
    `base_dir = ${base}/run
state_dir = ${base}/state
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
log_path = ${base}/log
mail_location = maildir:${base}/mail/%u
mail_uid = mail
mail_gid = mail
first_valid_uid = 1
default_internal_user = dovecot
default_login_user = dovenull
auth_mechanisms = plain login
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u ${base}/users
}
userdb {
  driver = static
  args = uid=mail gid=mail home=${base}/mail/%u
}
service imap-login {
  inet_listener imap {
    address = 127.0.0.1
    port = ${port}
  }
  inet_listener imaps {
    port = 0
  }
}
namespace inbox {
  inbox = yes
  mailbox Sent {
    auto = create
    special_use = \\Sent
  }
}
`,
  );
  const child: ChildProcess = spawn(BINARY!, ["-F", "-c", path.join(base, "dovecot.conf")], {
    stdio: "ignore",
  });
  await untilListening(port);
  return {
    port,
    log: () => readFile(path.join(base, "log"), "utf8").catch(() => ""),
    async stop() {
      if (child.exitCode === null) {
        const ended = new Promise((resolve) => child.once("exit", resolve));
        child.kill("SIGTERM");
        await ended;
      }
      await rm(base, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

async function untilListening(port: number): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => (socket.destroy(), resolve(true)));
      socket.on("error", () => resolve(false));
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("dovecot does not answer");
}
