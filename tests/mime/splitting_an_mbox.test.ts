import { describe, expect, it } from "vitest";
import { splitMbox } from "../../worker/mail/split_mbox.ts";
import { demoBytes, readable } from "./demo_message.ts";

const split = (text: string) => splitMbox(Buffer.from(text)).map((bytes) => Buffer.from(bytes).toString());
const SEPARATOR = "From ines@example.org Mon Jan  5 09:00:00 2026\n";

describe("splitting an mbox", () => {
  it("finds the six messages of the demo archive", async () => {
    const messages = [];
    for (const raw of splitMbox(demoBytes("archive.mbox"))) messages.push(await readable(raw));
    expect(messages.map(({ subject }) => subject)).toEqual([
      "Pallet sizes",
      "Re: Pallet sizes",
      "Plug types",
      "Re: Plug types",
      "Scan from room 2",
      "Rates for Q1 – final",
    ]);
    expect(messages[0]!.text).toContain("\n\nFrom what we hear the smaller ones");
    expect(messages[1]!.text).toMatch(/^From April on we take both/);
    expect(messages[1]!.text).toContain('\n>From the terminal\'s own page: "no surcharge"');
  });

  it("finds the same messages when the archive has CRLF line ends", () => {
    const lf = Buffer.from(demoBytes("archive.mbox")).toString("latin1");
    const crlf = splitMbox(Buffer.from(lf.replaceAll("\n", "\r\n"), "latin1"));
    expect(crlf.map((raw) => Buffer.from(raw).toString("latin1").replaceAll("\r\n", "\n"))).toEqual(
      splitMbox(demoBytes("archive.mbox")).map((raw) => Buffer.from(raw).toString("latin1")),
    );
  });

  it("leaves a single message untouched, its >From lines too", () => {
    const message = "Subject: a\n\n>From here\n\nFrom now on\n";
    expect(split(message)).toEqual([message]);
  });

  it("does not split at a separator-shaped line inside a paragraph", () => {
    expect(split(`${SEPARATOR}Subject: a\n\ntext\n${SEPARATOR}more\n`)).toEqual([
      `Subject: a\n\ntext\n${SEPARATOR}more\n`,
    ]);
  });

  it("does not split at a paragraph that begins with From", () => {
    expect(split(`${SEPARATOR}Subject: a\n\nFrom Mon Jan to May we rest.\n`)).toHaveLength(1);
  });

  it("skips blank lines in front and messages without content", () => {
    expect(split(`\n\r\n${SEPARATOR}\n${SEPARATOR}Subject: a\n\nx`)).toEqual(["Subject: a\n\nx"]);
  });

  it("gives nothing for nothing", () => {
    expect(split("")).toEqual([]);
    expect(split("\r\n\n")).toEqual([]);
  });

  it.each([
    ["a From_ line without end", `From a${" ".repeat(2_000_000)}`, 1],
    ["a million quoting marks", SEPARATOR + ">".repeat(1_000_000), 1],
    ["a million blank lines", SEPARATOR + "\n".repeat(1_000_000), 0],
    ["a hundred thousand separators", `${SEPARATOR}\n`.repeat(100_000), 0],
    ["a hundred thousand quoted lines", SEPARATOR + ">From \n".repeat(100_000), 1],
  ])("comes through %s", (_name, text, count) => {
    expect(splitMbox(Buffer.from(text))).toHaveLength(count);
  });
});
