import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseMessage } from "../../worker/mail/parse_message.ts";
import { NOW, readable } from "./demo_message.ts";

const folder = new URL("./malformed/", import.meta.url);
const bytes = (name: string) => readFileSync(new URL(name, folder));
const parse = (name: string) => parseMessage(bytes(name), { now: NOW });

describe("malformed messages", () => {
  it.each([
    ["empty.eml", "MIME_EMPTY"],
    ["only_blank_lines.eml", "MIME_EMPTY"],
    ["no_headers.eml", "MIME_NO_HEADERS"],
    ["binary.eml", "MIME_NO_HEADERS"],
    ["nested_200_deep.eml", "MIME_TOO_DEEP"],
  ])("refuses %s with %s", async (name, code) => {
    const result = await parse(name);
    expect(result).toMatchObject({ code });
    expect((result as { message: string }).message).toMatch(/^[a-z ,]+$/);
  });

  it.each([
    ["unknown_charset.eml", "The café is closed.", ["CHARSET_UNKNOWN"]],
    ["nul_bytes.eml", "beforeafter", ["HEADER_CONTROL_CHARACTER"]],
    ["lone_cr.eml", "first\nsecond", ["HEADER_CONTROL_CHARACTER"]],
    ["multipart_without_boundary.eml", "Still worth reading.", ["MULTIPART_WITHOUT_PARTS"]],
    ["boundary_never_used.eml", "Still worth reading too.", ["MULTIPART_WITHOUT_PARTS"]],
    ["truncated_quoted_printable.eml", "price \ufffd and =ZZ and ", []],
    ["broken_addresses.eml", "hi", ["ADDRESS_MALFORMED"]],
    ["path_in_filename.eml", "see file", []],
    ["claims_generated_id.eml", "hi", ["MESSAGE_ID_MISSING"]],
  ])("reads what there is in %s", async (name, text, warnings) => {
    const message = await readable(bytes(name));
    expect(message.text).toBe(text);
    expect(message.warnings).toEqual(warnings);
  });

  it("reads base64 as far as it goes", async () => {
    expect((await readable(bytes("invalid_base64.eml"))).text).toMatch(/^Hello/);
  });

  it("keeps a forwarded message whole instead of mixing its words into the forwarder's", async () => {
    const message = await readable(
      "From: a@example.org\r\nContent-Type: multipart/mixed; boundary=f\r\n\r\n--f\r\n\r\nsee below\r\n--f\r\n" +
        "Content-Type: message/rfc822\r\n\r\nFrom: eve@example.net\r\nSubject: pay\r\n\r\nPay at once.\r\n--f--\r\n",
    );
    expect(message.text).toBe("see below");
    expect(message.attachments.map(({ contentType }) => contentType)).toEqual(["message/rfc822"]);
    expect(Buffer.from(message.attachments[0]!.content).toString()).toContain("Pay at once.");
  });

  it("makes no header of its own from a lone CR", async () => {
    const message = await readable(bytes("lone_cr.eml"));
    expect(message.subject).toBe("odd Bcc: victim@example.org");
    expect(message.to.map(({ address }) => address)).toEqual(["office@lighthouse-legal.test"]);
  });

  it("takes the address out of an unclosed quotation", async () => {
    expect((await readable(bytes("broken_addresses.eml"))).from?.address).toBe("eve@hostile.example.net");
  });

  it("leaves neither folders nor direction marks in a file name", async () => {
    expect((await readable(bytes("path_in_filename.eml"))).attachments[0]?.filename).toBe("invoicefdp.exe");
  });

  it("lets no sender claim a generated identifier", async () => {
    const { messageId } = await readable(bytes("claims_generated_id.eml"));
    expect(messageId).toMatch(/@missing\.invalid$/);
    expect(messageId).not.toMatch(/^0{64}/);
  });

  it("puts no content into warnings or failures and no NUL into any string", async () => {
    for (const name of readdirSync(folder)) {
      const result = await parse(name);
      const { attachments: _bytes, ...rest } = result as Record<string, unknown>;
      expect(JSON.stringify(rest), name).not.toContain("\\u0000");
      for (const warning of (result as { warnings?: string[] }).warnings ?? [])
        expect(warning).toMatch(/^[A-Z0-9_]+$/);
    }
  });
});
