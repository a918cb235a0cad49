import { describe, expect, it } from "vitest";
import { htmlToText } from "../../worker/mail/html_to_text.ts";
import { parseMessage } from "../../worker/mail/parse_message.ts";
import { sentAt } from "../../worker/mail/sent_at.ts";
import { NOW, readable } from "./demo_message.ts";

const HEAD =
  "Message-ID: <h@example.net>\r\nDate: Mon, 2 Mar 2026 09:00:00 +0000\r\nFrom: eve@example.net\r\n";
const MIXED = `${HEAD}Content-Type: multipart/mixed; boundary=a\r\n\r\n`;
const MB = 1024 * 1024;
const code = async (text: string, limits = {}) =>
  ((await parseMessage(Buffer.from(text, "latin1"), { now: NOW, ...limits })) as { code?: string }).code;

describe("hostile messages", () => {
  it.each([
    ["a message over the size limit", `${HEAD}\r\n${"x".repeat(25 * MB)}`, "MIME_TOO_LARGE"],
    ["a hundred thousand headers", `${HEAD}${"X-A: b\r\n".repeat(100_000)}\r\nx`, "MIME_TOO_LARGE"],
    [
      "more headers than allowed within the size allowed",
      `${HEAD}${"A: b\r\n".repeat(2_000)}\r\nx`,
      "MIME_TOO_LARGE",
    ],
    ["a megabyte of headers in a part", `${MIXED}--a\r\n${"X-A: b\r\n".repeat(130_000)}`, "MIME_TOO_LARGE"],
    ["ten million lines", `${HEAD}\r\n${"\n".repeat(10 * MB)}`, "MIME_TOO_LARGE"],
    ["a million empty parts", MIXED + "--a\n\n".repeat(MB), "MIME_TOO_DEEP"],
    ["a million parts without header", MIXED + "--a\n".repeat(900_000), "MIME_TOO_DEEP"],
    [
      "multiparts without number",
      MIXED + "--a\nContent-Type: multipart/x; boundary=b\n\n--b\n\n--b--\n".repeat(1_000),
      "MIME_TOO_DEEP",
    ],
  ])("refuses %s", async (_name, text, expected) => {
    expect(await code(text)).toBe(expected);
  });

  it.each([
    ["a million blank lines", `${HEAD}\r\n${"\n".repeat(990_000)}`],
    ["a base64 body of pads", `${HEAD}Content-Transfer-Encoding: base64\r\n\r\n${"A=".repeat(10 * MB)}`],
    [
      "nothing but escapes",
      `${HEAD}Content-Transfer-Encoding: quoted-printable\r\n\r\n${"=41".repeat(2 * MB)}`,
    ],
    [
      "flowed text of soft breaks",
      `${HEAD}Content-Type: text/plain; format=flowed\r\n\r\n${"a \n".repeat(500_000)}`,
    ],
    ["subject words by the thousand", `${HEAD}Subject: ${"=?u?B?AAAA?=".repeat(20_000)}\r\n\r\nx`],
    [
      "a file name of words",
      `${MIXED}--a\r\nContent-Disposition: attachment; filename="${"=?u?B?AAAA?=".repeat(20_000)}"\r\n\r\nx`,
    ],
    ["open quotation marks", `${HEAD}To: ${'"'.repeat(250_000)}\r\n\r\nx`],
    ["nested groups", `${HEAD}To: ${"a:".repeat(100_000)}\r\n\r\nx`],
    ["a References header of brackets", `${HEAD}References: ${"<".repeat(250_000)}\r\n\r\nx`],
    ["lines that are no headers", `${"garbage\r\n".repeat(20_000)}${HEAD}\r\nx`],
    ["an HTML body of open brackets", `${HEAD}Content-Type: text/html\r\n\r\n${"<".repeat(8 * MB)}`],
    ["an HTML body of open tags", `${HEAD}Content-Type: text/html\r\n\r\n${"<a ".repeat(3 * MB)}`],
    ["an HTML body of open scripts", `${HEAD}Content-Type: text/html\r\n\r\n${"<script>".repeat(MB)}`],
    [
      "bytes of another charset",
      `${HEAD}Content-Type: text/plain; charset=utf-16\r\n\r\n${"\u00d8".repeat(5 * MB + 1)}`,
    ],
  ])("comes through %s", async (_name, text) => {
    expect(await code(text)).toBeUndefined();
  });

  it("cuts off addresses and references beyond the limit, and says so", async () => {
    const references = Array.from({ length: 5_000 }, (_, i) => `<r${i}@example.net>`).join(" ");
    const many = await readable(
      `${HEAD}To: ${"x@example.net,".repeat(5_000)}\r\nReferences: ${references}\r\n\r\nx`,
    );
    expect(many.to).toHaveLength(500);
    expect(many.references).toHaveLength(200);
    expect(many.references[0]).toBe("r0@example.net");
    expect(many.references.at(-1)).toBe("r4999@example.net");
    expect(many.warnings).toEqual(["REFERENCES_TRUNCATED", "ADDRESSES_TRUNCATED"]);
  });

  it("keeps a legitimate message with many parts and base64 lines", async () => {
    const part = `--a\r\nContent-Disposition: attachment; filename=f\r\nContent-Transfer-Encoding: base64\r\n\r\n${`${"QUJD".repeat(19)}\r\n`.repeat(100)}`;
    const message = await readable(`${MIXED}${part.repeat(200)}--a--\r\n`);
    expect(message.attachments).toHaveLength(200);
    expect(message.attachments[199]!.size).toBe(5_700);
    expect(message.warnings).toEqual([]);
  });

  it("brings no NUL back from an HTML entity and drops lone surrogates", async () => {
    expect(htmlToText("a&#0;b&#xd800;c")).toBe("a\ufffdb\ufffdc");
    const message = await readable(`${HEAD}Subject: =?utf-16?B?ANg=?=\r\n\r\nx`);
    expect(message.subject.isWellFormed()).toBe(true);
  });

  it.each([
    ["2 Mar 2026 09:00 EST", "2026-03-02T14:00:00.000Z"],
    ["Mon, 02 Mar 26 09:00:00 +0530 (IST)", "2026-03-02T03:30:00.000Z"],
    ["2026-03-02T09:00:00Z", "2026-03-02T09:00:00.000Z"],
    ["Mon, 2 Mar 2026 09:00:00", "2026-03-02T09:00:00.000Z"],
  ])("reads the date %j", (value, expected) => {
    expect(sentAt(value, NOW)?.toISOString()).toBe(expected);
  });

  it.each([
    "",
    "yesterday",
    "31 Feb 2026 09:00:00 +0000",
    "1 Jan 1970 00:00:00 +0000",
    "1 Jan 2099 00:00:00 +0000",
    "2 Mar 2026 25:00:00 +0000",
  ])("takes no date from %j", (value) => {
    expect(sentAt(value, NOW)).toBeNull();
  });
});
