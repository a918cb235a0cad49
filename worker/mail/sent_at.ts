const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/** Hours of the zone names of RFC 5322, section 4.3. Any other name counts as UTC, as the standard asks. */
const ZONES: Record<string, number> = {
  EST: -5,
  EDT: -4,
  CST: -6,
  CDT: -5,
  MST: -7,
  MDT: -6,
  PST: -8,
  PDT: -7,
};

/** No mail with an RFC 822 date is older. */
const EARLIEST = Date.UTC(1980, 0, 1);

/** Milliseconds that a sender's clock may be ahead before its date counts as wrong. */
const CLOCK_SKEW = 48 * 60 * 60 * 1000;

const RFC5322 =
  /^(?:[a-z]{3,9}\.?,?\s+)?(\d{1,2})[\s-]+([a-z]{3})[a-z]{0,6}[\s-]+(\d{2,4})\s+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d{1,6})?\s*(?:([+-]\d{2}):?(\d{2})|([a-z]{1,5}))?\b/i;
const ISO8601 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})/;

/**
 * Reads a `Date` header. Null when it is not a date, names a day that does not exist, lies before 1980, or lies more
 * than 48 hours after `now` (a mail from 2099 would otherwise stay on top of every list).
 *
 * Not `Date.parse`: that reads a date without a zone in the machine's own zone, and turns 31 February into 3 March.
 *
 * @param now milliseconds since 1970, the latest credible time before clock skew
 */
export function sentAt(header: string, now: number): Date | null {
  const value = header
    .slice(0, 200)
    .replace(/\([^()]*\)/g, " ")
    .trim();
  const time = ISO8601.test(value)
    ? Date.parse(value.replace(/([+-]\d{2})(\d{2})$/, "$1:$2"))
    : rfc5322(value);
  return Number.isFinite(time) && time >= EARLIEST && time <= now + CLOCK_SKEW ? new Date(time) : null;
}

function rfc5322(value: string): number {
  const match = RFC5322.exec(value);
  if (!match) return Number.NaN;
  const [, day, monthName, yearText, hour, minute, second, zoneHours, zoneMinutes, zoneName] = match;
  const month = MONTHS.indexOf(monthName!.toLowerCase());
  let year = Number(yearText);
  if (yearText!.length === 2) year += year < 50 ? 2000 : 1900;
  else if (yearText!.length === 3) year += 1900;
  const parts = [year, month, Number(day), Number(hour), Number(minute), Number(second ?? 0)] as const;
  const local = Date.UTC(...parts);
  const back = new Date(local);
  // a second of 60 is a leap second; everything else must come back as it went in
  if (month < 0 || (back.getUTCDate() !== parts[2] && parts[5] !== 60)) return Number.NaN;
  if (parts[3] > 23 || parts[4] > 59 || parts[5] > 60) return Number.NaN;
  let offset = 0;
  if (zoneHours !== undefined) {
    const sign = zoneHours.startsWith("-") ? -1 : 1;
    offset = sign * (Math.abs(Number(zoneHours)) * 60 + Number(zoneMinutes));
    if (Math.abs(offset) > 14 * 60) return Number.NaN;
  } else if (zoneName !== undefined) offset = (ZONES[zoneName.toUpperCase()] ?? 0) * 60;
  return local - offset * 60_000;
}
