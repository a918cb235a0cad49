import { inspect } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { checkMailbox, readMailbox } from "../../worker/providers/smtp_imap.ts";
import { dovecotAvailable, startDovecot } from "../standins/dovecot.ts";
import { startSmtpStandin } from "../standins/smtp.ts";

const PASSWORD = "canary-mail-password-93";
const USER = "ada@mail.example.org";
const smtp = await startSmtpStandin({ users: { [USER]: PASSWORD } });
afterAll(() => smtp.close());

describe("a mailbox with a sign-in of its own", () => {
  test.each([
    ["smtp.gmail.com", "mail.example.org", USER],
    ["mail.example.org", "imap.gmail.com", USER],
    ["smtp.office365.com", "outlook.office365.com", USER],
    ["mail.example.org", "mail.example.org", "ada@gmail.com"],
    ["mail.example.org", "mail.example.org", "ada@outlook.com"],
  ])("is refused a password: %s, %s, %s", (smtpHost, imapHost, user) => {
    const sent = {
      user,
      password: PASSWORD,
      smtp: { host: smtpHost, port: 465 },
      imap: { host: imapHost, port: 993 },
    };
    expect(() => readMailbox(sent)).toThrowError(
      expect.objectContaining({ code: "PROVIDER_SIGN_IN_AVAILABLE" }),
    );
  });
});

test.each([
  ["nothing", null],
  [
    "no password",
    { user: USER, smtp: { host: "a.example.org", port: 465 }, imap: { host: "a.example.org", port: 993 } },
  ],
  [
    "a line break",
    {
      user: `${USER}\r\nX`,
      password: PASSWORD,
      smtp: { host: "a.example.org", port: 465 },
      imap: { host: "a.example.org", port: 993 },
    },
  ],
  [
    "a port that is text",
    {
      user: USER,
      password: PASSWORD,
      smtp: { host: "a.example.org", port: "465" },
      imap: { host: "a.example.org", port: 993 },
    },
  ],
])("refuses %s", (_what, sent) => {
  expect(() => readMailbox(sent)).toThrowError(
    expect.objectContaining({ code: "PROVIDER_CREDENTIAL_REJECTED" }),
  );
});

test("a server inside is refused before it is connected to", async () => {
  const mailbox = {
    user: USER,
    password: PASSWORD,
    smtp: { host: "127.0.0.1", port: smtp.port },
    imap: { host: "127.0.0.1", port: 993 },
  };
  await expect(checkMailbox(mailbox)).rejects.toMatchObject({ code: "EGRESS_HOST_REFUSED" });
  expect(smtp.signedIn).toEqual([]);
});

describe.skipIf(!dovecotAvailable)(
  "SMTP and IMAP are both signed in to (needs dovecot-imapd and root)",
  async () => {
    const imap = dovecotAvailable ? await startDovecot({ [USER]: PASSWORD }) : undefined;
    afterAll(() => imap?.stop());
    const local = [`127.0.0.1:${smtp.port}`, `127.0.0.1:${imap?.port}`];
    const mailbox = (password = PASSWORD) =>
      readMailbox({
        user: USER,
        password,
        smtp: { host: "127.0.0.1", port: smtp.port },
        imap: { host: "127.0.0.1", port: imap?.port ?? 1 },
      });

    test("before it says connected", async () => {
      const before = smtp.signedIn.length;
      expect(await checkMailbox(mailbox(), { local })).toEqual({ id: `${USER}@127.0.0.1`, label: USER });
      expect(smtp.signedIn.slice(before)).toEqual([USER]);
      expect(await imap!.log()).toMatch(/Login: user=<ada@mail\.example\.org>/);
    });

    test("a wrong password is refused in words that do not hold it", async () => {
      const error = await checkMailbox(mailbox("canary-wrong"), { local }).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: "PROVIDER_CREDENTIAL_REJECTED" });
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("canary");
    });

    test("a password that only SMTP takes is not enough", async () => {
      const other = await startSmtpStandin({ users: { [USER]: "only-smtp" } });
      const split = { ...mailbox("only-smtp"), smtp: { host: "127.0.0.1", port: other.port } };
      await expect(
        checkMailbox(split, { local: [...local, `127.0.0.1:${other.port}`] }),
      ).rejects.toMatchObject({ code: "PROVIDER_CREDENTIAL_REJECTED" });
      await other.close();
    });

    test("a server that asks to come back is not a wrong password", async () => {
      smtp.failSignIn(454);
      await expect(checkMailbox(mailbox(), { local })).rejects.toMatchObject({
        code: "PROVIDER_UNAVAILABLE",
      });
    });

    test("a server that is not there is unavailable", async () => {
      const gone = { ...mailbox(), imap: { host: "127.0.0.1", port: 1 } };
      await expect(checkMailbox(gone, { local: [...local, "127.0.0.1:1"] })).rejects.toMatchObject({
        code: "PROVIDER_UNAVAILABLE",
      });
    });
  },
);
