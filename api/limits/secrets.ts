import type { DocumentNode, GraphQLInputType, GraphQLSchema } from "postgraphile/graphql";
import {
  getNullableType,
  isInputObjectType,
  isInputType,
  isListType,
  typeFromAST,
} from "postgraphile/graphql";
import { findOperation } from "./cost.ts";
import { LimitError } from "./limit_error.ts";
import type { Limits } from "./limits.ts";
import { defaultLimits } from "./limits.ts";
import { checkSecretLiterals } from "./secret_literals.ts";
import type { IsSealed } from "./secret_scalar.ts";
import { bearsSecret, secretObjectField } from "./secret_types.ts";
import { checkVariables } from "./variables.ts";

export interface SealOptions {
  schema: GraphQLSchema;
  /** As returned by `checkDocument`. */
  document: DocumentNode;
  operationName?: string | null;
  /** As sent: JSON values. Never changed. */
  variables?: Readonly<Record<string, unknown>> | null;
  /** Encrypts one secret to the worker; what it returns satisfies `isSealed`. */
  seal: (secret: string) => string | Promise<string>;
  isSealed: IsSealed;
  limits?: Limits;
}

/**
 * Replaces every plaintext of type `Secret` in a request's variables by its sealed form, before anything validates,
 * logs or plans the request.
 *
 * The shape around a secret is checked here, more strictly than by GraphQL, because graphql-js answers a value that does
 * not fit with a message that quotes it. Variables that the operation does not declare are dropped: nothing reads them,
 * and a mistyped one may hold a secret.
 *
 * @returns new variables, sealed; none when the operation name fits none, since then nothing runs
 * @throws LimitError SECRET_MUST_BE_VARIABLE, SECRET_INVALID, SECRET_TOO_LARGE, REQUEST_TOO_LARGE
 */
export async function sealSecretVariables(options: SealOptions): Promise<Record<string, unknown>> {
  const { schema, document, seal, isSealed, limits = defaultLimits } = options;
  const variables = options.variables ?? {};
  checkVariables(variables, limits);
  checkSecretLiterals(schema, document, isSealed);

  // All shapes are checked before the first secret is sealed, so a refused request costs no encryption.
  const pending: { secret: string; put: (sealed: string) => void }[] = [];

  const collect = (value: unknown, type: GraphQLInputType, put: (value: unknown) => void): void => {
    put(value);
    if (value === null || value === undefined || !bearsSecret(type)) return;
    const bare = getNullableType(type);
    if (isListType(bare)) {
      if (!Array.isArray(value)) return collect(value, bare.ofType, put);
      const copy: unknown[] = [];
      put(copy);
      value.forEach((item, index) => collect(item, bare.ofType, (part) => (copy[index] = part)));
    } else if (isInputObjectType(bare)) {
      if (typeof value !== "object" || Array.isArray(value)) {
        throw new LimitError("SECRET_INVALID", `input type ${bare.name} takes an object`);
      }
      const copy: Record<string, unknown> = {};
      put(copy);
      for (const [name, part] of Object.entries(value)) {
        collect(part, secretObjectField(bare, name).type, (sealed) => define(copy, name, sealed));
      }
    } else if (typeof value !== "string") {
      throw new LimitError("SECRET_INVALID", "a secret is a string");
    } else if (isSealed(value)) {
      refuseLong(value, 2 * limits.maxSecretBytes);
    } else {
      refuseLong(value, limits.maxSecretBytes);
      pending.push({ secret: value, put });
      if (pending.length > limits.maxSecrets) {
        throw new LimitError("SECRET_TOO_LARGE", `the request has more than ${limits.maxSecrets} secrets`, {
          limit: limits.maxSecrets,
          actual: pending.length,
        });
      }
    }
  };

  const sealed: Record<string, unknown> = {};
  for (const definition of findOperation(document, options.operationName)?.variableDefinitions ?? []) {
    const name = definition.variable.name.value;
    const type = typeFromAST(schema, definition.type);
    // Validation refuses a variable of an unknown type without looking at its value.
    if (!Object.hasOwn(variables, name) || !isInputType(type)) continue;
    collect(variables[name], type, (value) => define(sealed, name, value));
  }
  await Promise.all(pending.map(async ({ secret, put }) => put(await seal(secret))));
  return sealed;
}

function refuseLong(secret: string, limit: number): void {
  const actual = Buffer.byteLength(secret);
  if (actual > limit) {
    throw new LimitError("SECRET_TOO_LARGE", `a secret is longer than ${limit} bytes`, { limit, actual });
  }
}

/** Sets a property that the caller named, also `__proto__`, which plain assignment would take for the prototype. */
function define(target: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
}
