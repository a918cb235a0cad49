import PostalMime, { type Email, type PostalMimeOptions } from "postal-mime";
import { TransferDecoder } from "./transfer_decoder.ts";

/** The message has more parts, or more lines, than the limits allow. */
export class MimeBombError extends Error {
  readonly code: "PARTS" | "LINES";
  constructor(code: "PARTS" | "LINES") {
    super("message has too many parts or lines");
    this.code = code;
  }
}

export type ParserLimits = { maxDepth: number; maxParts: number; maxLines: number; maxHeaderBytes: number };

/** The email, the codes of what was odd about its structure, and whether a multipart root had no part at all. */
export type BoundedEmail = { email: Email; warnings: string[]; hollow: boolean };

type Decoder = { update(line: Uint8Array): void; finalize(): Promise<ArrayBuffer> };
type Node = {
  state: string;
  contentDecoder: Decoder | null;
  contentTransferEncoding: { encoding: string };
  childNodes: Node[];
  contentType: { multipart: string | false; parsed: { value: string; params: Record<string, string> } };
};
/** What we rely on inside postal-mime 4.0.0 (its declared types leave these out). */
type Internals = {
  root: Node;
  currentNode: Node;
  boundaries: { value: Uint8Array }[];
  processLine(line: Uint8Array, isFinal: boolean): Promise<void>;
};

/**
 * Runs postal-mime with the two limits that it lacks.
 *
 * - Parts: 25 MB of `--a` lines are six million empty parts, each with buffers of its own.
 * - Lines: each costs a promise; and the decoders behind it are replaced, see {@link TransferDecoder}.
 *
 * Both hook `processLine`, which is internal: the version is pinned, and without that method nothing is parsed at all.
 *
 * @throws MimeBombError beyond the limits; postal-mime's own errors beyond depth and header size
 */
export async function parseBounded(raw: Uint8Array, limits: ParserLimits): Promise<BoundedEmail> {
  const options: PostalMimeOptions = {
    maxNestingDepth: limits.maxDepth,
    maxHeadersSize: limits.maxHeaderBytes,
    // forwarded messages stay whole: inlining mixes their words into the forwarder's and drops their headers
    forceRfc822Attachments: true,
  };
  const parser = new PostalMime(options);
  const internals = parser as unknown as Internals;
  const processLine = internals.processLine?.bind(parser);
  if (!processLine) throw new Error("this version of postal-mime cannot be bounded");

  const warnings = new Set<string>();
  let lines = 0;
  let parts = 0;
  let current = internals.currentNode;
  internals.processLine = (line, isFinal) => {
    if (++lines > limits.maxLines) throw new MimeBombError("LINES");
    if (isFinal && internals.boundaries[0] && !closes(line, internals.boundaries[0].value)) {
      warnings.add("MULTIPART_UNTERMINATED");
    }
    const done = processLine(line, isFinal);
    const node = internals.currentNode;
    if (node !== current) {
      current = node;
      if (++parts > limits.maxParts * 2) throw new MimeBombError("PARTS");
    }
    if (node.state === "body" && node.contentDecoder && !(node.contentDecoder instanceof TransferDecoder)) {
      node.contentDecoder = new TransferDecoder(encodingOf(node));
    }
    return done;
  };
  const email = await parser.parse(raw);
  inspect(internals.root, warnings);
  const { root } = internals;
  return {
    email,
    warnings: [...warnings],
    hollow: root.contentType.multipart !== false && root.childNodes.length === 0,
  };
}

function encodingOf(node: Node): "base64" | "quoted-printable" | "identity" {
  const { encoding } = node.contentTransferEncoding;
  if (/base64/i.test(encoding)) return "base64";
  return /quoted-printable/i.test(encoding) ? "quoted-printable" : "identity";
}

function closes(line: Uint8Array, boundary: Uint8Array): boolean {
  const text = Buffer.from(line).toString("latin1");
  return text.startsWith(`--${Buffer.from(boundary).toString("latin1")}--`);
}

function inspect(root: Node, warnings: Set<string>): void {
  const pending = [root];
  for (let node = pending.pop(); node; node = pending.pop()) {
    const { parsed } = node.contentType;
    const charset = parsed.params.charset;
    if (parsed.value.startsWith("text/") && charset && !isKnownCharset(charset))
      warnings.add("CHARSET_UNKNOWN");
    for (const child of node.childNodes) pending.push(child);
  }
}

function isKnownCharset(charset: string): boolean {
  try {
    return new TextDecoder(charset.trim()).encoding !== "";
  } catch {
    return false;
  }
}
