/** What graphql-js says of a variable's value without quoting any: only names of the schema. */
const harmless =
  /; ((?:Field "\w+" of required type "[\w[\]!]+" was not provided|Expected (?:non-nullable )?type "[\w[\]!]+"(?: not to be null| to be an object)?|a secret was not sealed)\.?)$/;

/**
 * A graphql-js message without the value that it quotes when a variable does not fit its type. The value may be a
 * secret, or a secret in the wrong place, and messages end up in logs.
 *
 * @example
 * withoutValues('Variable "$port" got invalid value "hunter2"; Int cannot represent non-integer value: "hunter2"');
 * // 'Variable "$port" got an invalid value'
 */
export function withoutValues(message: string): string {
  const start = /^Variable "\$\w+" got invalid value /.exec(message);
  if (!start) return message;
  const variable = message.slice(0, message.indexOf(" got "));
  const reason = harmless.exec(message);
  return `${variable} got an invalid value${reason ? `; ${reason[1]}` : ""}`;
}
