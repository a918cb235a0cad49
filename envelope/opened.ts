const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const OPENED = 0;
const UNREADABLE = 1;
const TOO_LARGE = 2;
const HEAD_BYTES = 21;

/** One message of an answer: what it opened to, or why it did not. */
export type Opened = {
  /** the message's id, a UUID */
  readonly id: string;
  readonly value: Uint8Array | "MESSAGE_UNREADABLE" | "MESSAGE_TOO_LARGE";
};

/**
 * Writes opened messages one after the other: id (16 bytes), state (1), length (4, big-endian), content. Frames and not
 * JSON around JSON: a message whose content is broken spoils itself only.
 *
 * @param limit bytes of the whole; messages beyond it are left out as too large
 */
export function writeOpened(messages: readonly Opened[], limit: number): Uint8Array {
  let room = limit - messages.length * HEAD_BYTES;
  const contents = messages.map(({ id, value }) => {
    if (!UUID.test(id)) throw new TypeError("message id is not a uuid");
    if (typeof value === "string")
      return { id, state: value === "MESSAGE_UNREADABLE" ? UNREADABLE : TOO_LARGE };
    if (value.length > room) return { id, state: TOO_LARGE };
    room -= value.length;
    return { id, state: OPENED, value };
  });
  const whole = Buffer.allocUnsafe(limit - room);
  let at = 0;
  for (const { id, state, value } of contents) {
    whole.write(id.replaceAll("-", ""), at, "hex");
    whole[at + 16] = state;
    whole.writeUInt32BE(value?.length ?? 0, at + 17);
    at += HEAD_BYTES;
    if (value) whole.set(value, at);
    at += value?.length ?? 0;
  }
  return whole;
}

/** Reads what {@link writeOpened} wrote; undefined when it is something else. */
export function readOpened(bytes: Uint8Array): Opened[] | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const messages: Opened[] = [];
  let at = 0;
  while (at < buffer.length) {
    if (at + HEAD_BYTES > buffer.length) return undefined;
    const id = buffer
      .toString("hex", at, at + 16)
      .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
    const state = buffer[at + 16];
    const start = at + HEAD_BYTES;
    at = start + buffer.readUInt32BE(at + 17);
    if (at > buffer.length) return undefined;
    if (state === OPENED) messages.push({ id, value: buffer.subarray(start, at) });
    else messages.push({ id, value: state === TOO_LARGE ? "MESSAGE_TOO_LARGE" : "MESSAGE_UNREADABLE" });
  }
  return messages;
}
