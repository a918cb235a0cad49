const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text for XML and HTML, in content or in a quoted attribute. Names in a database are other people's: none becomes markup. */
export function escape(text: string): string {
  // Characters that XML 1.0 has no way to write are shown as U+FFFD.
  // oxlint-disable-next-line no-control-regex
  return (
    text
      // oxlint-disable-next-line no-control-regex -- a report shows no control character, wherever it came from
      .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "\ufffd")
      .replaceAll(/[&<>"']/g, (character) => entities[character]!)
  );
}
