import { execute, parse, validate } from "postgraphile/graphql";
import { describe, expect, it } from "vitest";
import { LimitError } from "../../api/limits/limit_error.ts";
import type { LimitCode } from "../../api/limits/limit_error.ts";
import { defaultLimits } from "../../api/limits/limits.ts";
import { withoutValues } from "../../api/limits/redact.ts";
import { secretScalar } from "../../api/limits/secret_scalar.ts";
import { sealSecretVariables } from "../../api/limits/secrets.ts";
import { isSealed, makeSchema } from "./fixtures.ts";

const schema = makeSchema();
const connect = "mutation($input: ConnectInput!) { connect(input: $input) }";
const login =
  "query($p: Secret, $tries: [Secret!], $name: String) { login(password: $p, tries: $tries, name: $name) }";

function sealing(source: string, variables?: Record<string, unknown>, options = {}) {
  const sealed: string[] = [];
  const seal = async (secret: string) => {
    sealed.push(secret);
    return `jwe.${sealed.length}`;
  };
  return {
    sealed,
    result: sealSecretVariables({ schema, document: parse(source), variables, seal, isSealed, ...options }),
  };
}

async function expectRefused(
  code: LimitCode,
  source: string,
  variables?: Record<string, unknown>,
  options = {},
) {
  const { sealed, result } = sealing(source, variables, options);
  const error: unknown = await result.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(LimitError);
  expect(error).toMatchObject({ code });
  expect(`${(error as Error).stack} ${JSON.stringify(error)}`).not.toContain("hunter2");
  expect(sealed).toEqual([]);
}

describe("a secret in a variable", () => {
  it("is sealed, and the request's own variables stay as they were", async () => {
    const variables = { p: "hunter2", name: "hunter2" };
    const { result, sealed } = sealing(login, variables);
    expect(await result).toEqual({ p: "jwe.1", name: "hunter2" });
    expect(sealed).toEqual(["hunter2"]);
    expect(variables).toEqual({ p: "hunter2", name: "hunter2" });
  });

  it("is sealed in lists, input objects and recursive ones", async () => {
    const input = {
      name: "a",
      password: "s1",
      servers: [{ host: "h", keys: ["s2", "s3"] }, { keys: "s4" }],
      fallback: { name: "b", password: "s5", fallback: null },
    };
    const before = structuredClone(input);
    const { result } = sealing(connect, { input });
    expect(await result).toEqual({
      input: {
        name: "a",
        password: "jwe.1",
        servers: [{ host: "h", keys: ["jwe.2", "jwe.3"] }, { keys: "jwe.4" }],
        fallback: { name: "b", password: "jwe.5", fallback: null },
      },
    });
    expect(input).toEqual(before);
  });

  it("is sealed for a list given as one item", async () => {
    expect(await sealing(login, { tries: "s" }).result).toEqual({ tries: "jwe.1" });
    const single = { input: { name: "a", password: "s", servers: { keys: ["t"] } } };
    expect(await sealing(connect, single).result).toEqual({
      input: { name: "a", password: "jwe.1", servers: { keys: ["jwe.2"] } },
    });
  });

  it("stays as it is when the client sealed it", async () => {
    const { result, sealed } = sealing(login, { p: "jwe.mine", tries: ["jwe.too"] });
    expect(await result).toEqual({ p: "jwe.mine", tries: ["jwe.too"] });
    expect(sealed).toEqual([]);
  });

  it("is sealed when it is empty, and left alone when it is null or missing", async () => {
    expect(await sealing(login, { p: "" }).result).toEqual({ p: "jwe.1" });
    expect(await sealing(login, { p: null }).result).toEqual({ p: null });
    expect(await sealing(login).result).toEqual({});
  });

  it("is sealed under any name that GraphQL allows", async () => {
    const source = "query($__proto__: Secret) { login(password: $__proto__) }";
    const variables: Record<string, unknown> = JSON.parse('{ "__proto__": "hunter2" }');
    expect(JSON.stringify(await sealing(source, variables).result)).toBe('{"__proto__":"jwe.1"}');
  });

  it("is sealed for the operation that runs", async () => {
    const source = "query A($v: String) { login(name: $v) } query B($v: Secret) { login(password: $v) }";
    expect(await sealing(source, { v: "x" }, { operationName: "A" }).result).toEqual({ v: "x" });
    expect(await sealing(source, { v: "x" }, { operationName: "B" }).result).toEqual({ v: "jwe.1" });
    expect(await sealing(source, { v: "x" }).result).toEqual({});
  });

  it("does not travel on under a name that the operation does not declare", async () => {
    expect(await sealing(login, { pasword: "hunter2", p: "s" }).result).toEqual({ p: "jwe.1" });
  });

  it.each<[string, string, Record<string, unknown>]>([
    ["a number", "query($p: Secret) { login(password: $p) }", { p: 1234 }],
    ["an object", "query($p: Secret) { login(password: $p) }", { p: { a: "hunter2" } }],
    ["a list for one secret", "query($p: Secret) { login(password: $p) }", { p: ["hunter2"] }],
    ["text for an input object", connect, { input: "hunter2" }],
    ["a list for an input object", connect, { input: ["hunter2"] }],
    ["a mistyped field", connect, { input: { name: "a", pasword: "hunter2" } }],
    [
      "a field named __proto__",
      connect,
      { input: JSON.parse('{"name":"a","__proto__":"hunter2"}') as unknown },
    ],
  ])("is refused without being quoted when it is %s", async (_what, source, variables) => {
    await expectRefused("SECRET_INVALID", source, variables);
  });

  it("is limited in length and number", async () => {
    const limits = { ...defaultLimits, maxSecretBytes: 4, maxSecrets: 2 };
    expect(await sealing(login, { p: "four", tries: ["a"] }, { limits }).result).toBeDefined();
    expect(await sealing(login, { p: "jwe.4567" }, { limits }).result).toEqual({ p: "jwe.4567" });
    await expectRefused("SECRET_TOO_LARGE", login, { p: "fünf" }, { limits });
    await expectRefused("SECRET_TOO_LARGE", login, { p: "jwe.45678" }, { limits });
    await expectRefused("SECRET_TOO_LARGE", login, { tries: ["a", "b", "c"] }, { limits });
  });

  it("is refused in variables that are too deep", async () => {
    let input: unknown = null;
    for (let level = 0; level < 10_000; level += 1) input = { fallback: input };
    await expectRefused("REQUEST_TOO_LARGE", connect, { input });
  });
});

describe("a secret in the text of a query", () => {
  it.each([
    ['{ login(password: "hunter2") }'],
    ["{ login(password: hunter2) }"],
    ["{ login(password: 2) }"],
    ['{ login(password: """hunter2""") }'],
    ['{ login(tries: ["jwe.1", "hunter2"]) }'],
    ['{ login(tries: "hunter2") }'],
    ['{ login(password: { a: "hunter2" }) }'],
    ['{ login(pasword: "hunter2") }'],
    ['query($p: Secret = "hunter2") { login(password: $p) }'],
    ['query($i: ConnectInput = { name: "a", password: "hunter2" }) { login }'],
    ['mutation { connect(input: { name: "a", password: "hunter2" }) }'],
    ['mutation { connect(input: { name: "a", fallback: { password: "hunter2" } }) }'],
    ['mutation { connect(input: { name: "a", servers: { keys: "hunter2" } }) }'],
    ['mutation { connect(input: "hunter2") }'],
    ['{ ...F } fragment F on Query { ... { login(password: "hunter2") } }'],
    ['{ login } fragment Unused on Query { login(password: "hunter2") }'],
    ['{ login @signed(with: "hunter2") }'],
    ['query @signed(with: "hunter2") { login }'],
    ['{ ... @signed(with: "hunter2") { login } }'],
  ])("is refused: %s", async (source) => {
    await expectRefused("SECRET_MUST_BE_VARIABLE", source);
  });

  it("is refused in a field that its input object does not have", async () => {
    await expectRefused("SECRET_INVALID", 'mutation { connect(input: { name: "a", pasword: "hunter2" }) }');
  });

  it.each([
    '{ login(password: "jwe.mine", name: "plain") }',
    "{ login(password: null) }",
    'mutation { connect(input: { name: "a", password: "jwe.1", servers: [{ keys: ["jwe.2"] }] }) }',
    'mutation { rename(name: "plain") }',
  ])("is allowed when it is sealed, or no secret: %s", async (source) => {
    expect(await sealing(source).result).toEqual({});
    expect(validate(schema, parse(source))).toEqual([]);
  });

  it("is allowed as a variable inside an input object", async () => {
    const source = 'mutation($p: Secret!) { connect(input: { name: "a", password: $p }) }';
    expect(await sealing(source, { p: "s" }).result).toEqual({ p: "jwe.1" });
  });
});

describe("the scalar Secret", () => {
  const { serialize, parseValue } = secretScalar(isSealed);

  it("takes sealed text and nothing else", () => {
    expect(parseValue("jwe.1")).toBe("jwe.1");
    for (const value of ["hunter2", 2, null, ["jwe.1"], { toString: () => "jwe.1" }]) {
      expect(() => parseValue(value)).toThrow("a secret was not sealed");
    }
  });

  it("is never answered", () => {
    expect(() => serialize("jwe.1")).toThrow("a secret cannot be read");
  });

  it("refuses an unsealed literal in validation, without quoting it", () => {
    const errors = validate(schema, parse('{ login(password: "hunter2") }'));
    expect(errors.map(({ message, extensions }) => ({ message, code: extensions.code }))).toEqual([
      { message: "a secret must be a variable", code: "SECRET_MUST_BE_VARIABLE" },
    ]);
  });

  it("refuses an unsealed variable in execution, and withoutValues removes what graphql-js quotes", async () => {
    const result = await execute({ schema, document: parse(login), variableValues: { p: "hunter2" } });
    const message = result.errors?.[0]?.message ?? "";
    expect(message).toContain("hunter2");
    expect(withoutValues(message)).toBe('Variable "$p" got an invalid value; a secret was not sealed');
  });
});
