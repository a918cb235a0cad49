/** Elements whose content is not for reading. Their text is dropped up to the closing tag. */
const SILENT = new Set(["head", "noscript", "script", "style", "svg", "template", "title"]);

/** Elements that stand on lines of their own. */
const BLOCK = new Set(
  (
    "address article aside blockquote body dd div dl dt figure footer form h1 h2 h3 h4 h5 h6 header hr html main nav " +
    "ol p pre section table tbody tfoot thead tr ul"
  ).split(" "),
);

/** Named entities that mail programs write, as `name character` pairs. Case counts. */
const NAMED = (
  "amp & lt < gt > quot \" apos ' copy © reg ® trade ™ euro € pound £ yen ¥ cent ¢ sect § para ¶ " +
  "deg ° plusmn ± minus − middot · bull • hellip … ndash – mdash — lsquo ‘ rsquo ’ sbquo ‚ ldquo “ " +
  "rdquo ” bdquo „ laquo « raquo » times × frac12 ½ larr ← rarr → agrave à aacute á acirc â " +
  "atilde ã auml ä aring å aelig æ ccedil ç egrave è eacute é ecirc ê euml ë igrave ì iacute í " +
  "icirc î iuml ï ntilde ñ ograve ò oacute ó ocirc ô otilde õ ouml ö oslash ø oelig œ ugrave ù " +
  "uacute ú ucirc û uuml ü yacute ý szlig ß Agrave À Aacute Á Auml Ä Aring Å AElig Æ Ccedil Ç " +
  "Egrave È Eacute É Ntilde Ñ Ouml Ö Oslash Ø Uuml Ü"
).split(" ");

const ENTITIES = new Map<string, string>([
  ["nbsp", " "],
  ["ensp", " "],
  ["emsp", " "],
  ["thinsp", " "],
  ["shy", ""],
  ["zwnj", ""],
]);
for (let i = 0; i < NAMED.length; i += 2) ENTITIES.set(NAMED[i]!, NAMED[i + 1]!);

/**
 * The readable text of an HTML mail, for search, previews and readers without HTML. The result is plain text: it is not
 * safe to insert into a page as markup.
 *
 * One forward pass without backtracking: unclosed tags, comments and scripts by the hundred thousand stay linear. The
 * usual chain of `replace(/<[^>]*>/)` is quadratic on a run of `<`.
 */
export function htmlToText(html: string): string {
  const lower = html.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  const out: string[] = [];
  let position = 0;
  while (position < html.length) {
    const open = html.indexOf("<", position);
    if (open < 0) {
      out.push(readable(html.slice(position)));
      break;
    }
    if (open > position) out.push(readable(html.slice(position, open)));
    if (html.startsWith("<!--", open)) {
      const end = html.indexOf("-->", open + 4);
      if (end < 0) break;
      position = end + 3;
      continue;
    }
    if (!/[a-z!?/]/.test(lower.charAt(open + 1))) {
      out.push("<");
      position = open + 1;
      continue;
    }
    const tag = /^<(\/?)([a-z][a-z0-9]{0,15})/.exec(lower.slice(open, open + 18));
    const close = html.indexOf(">", open + 1);
    if (close < 0) break;
    position = close + 1;
    const name = tag?.[2] ?? "";
    if (SILENT.has(name) && tag?.[1] === "") {
      const end = lower.indexOf(`</${name}`, position);
      if (end < 0) break;
      const endClose = html.indexOf(">", end);
      position = endClose < 0 ? html.length : endClose + 1;
    } else if (name === "br") out.push("\n");
    else if (name === "li" && tag?.[1] === "") out.push("\n* ");
    else if (name === "td" || name === "th") out.push(" ");
    else if (BLOCK.has(name) && out[out.length - 1] !== "\n\n") out.push("\n\n");
  }
  return tidy(out.join(""));
}

function readable(text: string): string {
  return decodeEntities(text.replace(/[ \t\r\n\f]+/g, " "));
}

function decodeEntities(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-f]{1,6})|#([0-9]{1,7})|([a-z][a-z0-9]{1,7}));?/gi,
    (whole, hex, decimal, name) => {
      if (name !== undefined) return ENTITIES.get(name as string) ?? whole;
      const code = hex === undefined ? Number.parseInt(decimal, 10) : Number.parseInt(hex, 16);
      // &#0; would bring back the NUL that was stripped from the markup
      if (code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return "\ufffd";
      return String.fromCodePoint(code);
    },
  );
}

function tidy(text: string): string {
  const lines: string[] = [];
  for (const line of text.split("\n")) {
    const trimmed = line.trim();
    if (trimmed !== "" || (lines.length > 0 && lines[lines.length - 1] !== "")) lines.push(trimmed);
  }
  if (lines[lines.length - 1] === "") lines.pop();
  return lines.join("\n");
}
