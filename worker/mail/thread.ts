import type { ParsedMessage } from "./parse_message.ts";

/** How many identifiers a look-up may ask for. A References header can name thousands. */
const MAX_CANDIDATES = 50;

/**
 * The message identifiers by which the conversation of a message may be found, best first: what it answers, then its
 * references from the nearest ancestor to the root. At most 50; never the message's own identifier.
 *
 * The caller looks them up inside one inbox of one workspace only: an identifier is written by the sender and proves
 * nothing, so a stranger who quotes one must reach no conversation but those of the inbox he wrote to.
 *
 * @see RFC 5322, section 3.6.4
 */
export function threadCandidates(
  message: Pick<ParsedMessage, "messageId" | "inReplyTo" | "references">,
): string[] {
  const ordered = new Set<string>();
  if (message.inReplyTo !== null) ordered.add(message.inReplyTo);
  for (let i = message.references.length - 1; i >= 0 && ordered.size <= MAX_CANDIDATES; i -= 1) {
    ordered.add(message.references[i]!);
  }
  ordered.delete(message.messageId);
  return [...ordered].slice(0, MAX_CANDIDATES);
}

/** Reply and forward marks of mail programs, by language: en, de, nordic, nl, pl, tr, it, es/pt, fr, ru, el, he, ar, zh, ja, ko. */
const MARKS =
  "re|fw|fwd|aw|wg|antw|antwort|sv|vs|vb|vl|odp|pd|ynt|ilt|i|r|rif|res|rv|enc|tr|réf|réponse|ответ|отв|пересл|на|σχετ|πρθ|השב|הועבר|رد|إعادة توجيه|" +
  "回复|回覆|答复|答覆|转发|轉寄|轉發|返信|転送|답장|회신|전달";
const PREFIX = new RegExp(
  `^(?:${MARKS})\\s?(?:\\[\\d{1,3}\\]|\\(\\d{1,3}\\)|\\*\\d{1,3}|\\d{1,3})?\\s?[:：]\\s*`,
  "iu",
);

/** The length, in UTF-16 units, beyond which a subject says nothing more about its thread. */
const MAX_SUBJECT = 500;

/**
 * A subject without its reply and forward marks (`Re:`, `AW:`, `SV:`, `回复：`, `Re[2]:` …), white space collapsed, in
 * lower case: for comparison, not for display.
 *
 * Only ever a hint, shown to a person or weighed with other evidence. A subject alone never threads: it is free text
 * from the sender, so "Re: Invoice 4711" from a stranger would slip his words (and a changed bank account) into a
 * trusted conversation, and two unrelated customers who both write "Question" would read as one.
 */
export function normalisedSubject(subject: string): string {
  let rest = subject.slice(0, MAX_SUBJECT).normalize("NFC").replace(/\s+/g, " ").trim();
  for (let marks = 0; marks < 20; marks += 1) {
    const next = rest.replace(PREFIX, "");
    if (next === rest) break;
    rest = next;
  }
  return rest.trim().toLowerCase();
}
