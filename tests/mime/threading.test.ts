import { describe, expect, it } from "vitest";
import { normalisedSubject, threadCandidates } from "../../worker/mail/thread.ts";
import { demoBytes, readable } from "./demo_message.ts";

const THREADS: [string, string[]][] = [
  [
    "sales",
    [1, 2, 3, 4, 5].map((n) => `harbour/sales-quote-${n}.eml`).concat("harbour/auto-reply-out-of-office.eml"),
  ],
  ["support", [1, 2, 3, 4].map((n) => `harbour/support-missing-container-${n}.eml`)],
  ["billing", [1, 2, 3].map((n) => `harbour/billing-invoice-${n}.eml`)],
  ["lease", [1, 2, 3, 4, 5, 6].map((n) => `lighthouse/lease-review-${n}.eml`)],
  ["trademark", [1, 2, 3].map((n) => `lighthouse/trademark-arabic-${n}.eml`)],
];

describe("threading", () => {
  it.each(THREADS)("finds the conversation of every reply in the %s thread", async (_name, paths) => {
    const known = new Set<string>();
    for (const [index, path] of paths.entries()) {
      const message = await readable(demoBytes(path));
      const found = threadCandidates(message).filter((id) => known.has(id));
      expect(found.length > 0, path).toBe(index > 0);
      known.add(message.messageId);
    }
  });

  it("joins no thread by its subject alone", async () => {
    const orphan = await readable(demoBytes("lighthouse/reply-without-references.eml"));
    expect(threadCandidates(orphan)).toEqual([]);
  });

  it("offers the answered message first, then references from the nearest to the root", async () => {
    const message = await readable(demoBytes("harbour/sales-quote-5.eml"));
    expect(threadCandidates(message)).toEqual([
      "quote-7004@marlow-ceramics.test",
      "CAF1x-7003@mail.harbour-logistics.test",
      "CAF1x-7002@mail.harbour-logistics.test",
      "quote-7001@marlow-ceramics.test",
    ]);
  });

  it("offers at most fifty identifiers and never the message's own", () => {
    const references = Array.from({ length: 300 }, (_, i) => `r${i}@example.org`);
    const candidates = threadCandidates({ messageId: "r299@example.org", inReplyTo: null, references });
    expect(candidates).toHaveLength(50);
    expect(candidates[0]).toBe("r298@example.org");
    expect(candidates).not.toContain("r299@example.org");
  });

  it.each([
    ["Re: Offer", "offer"],
    ["RE: AW: Fwd: Offer", "offer"],
    ["Re[3]: Offer", "offer"],
    ["SV:Antw: Offer", "offer"],
    ["回复：宁波到汉堡的运费", "宁波到汉堡的运费"],
    ["رد: تسجيل", "تسجيل"],
    ["Ответ: Договор", "договор"],
    ["  Re :  Two   words ", "two words"],
    ["Regarding: the lease", "regarding: the lease"],
    ["Re:", ""],
  ])("normalises the subject %j", (subject, expected) => {
    expect(normalisedSubject(subject)).toBe(expected);
  });
});
