import type { GraphQLSchema } from "postgraphile/graphql";
import { buildSchema, GraphQLScalarType } from "postgraphile/graphql";
import { expect } from "vitest";
import { LimitError } from "../../api/limits/limit_error.ts";
import type { LimitCode } from "../../api/limits/limit_error.ts";
import { secretScalar } from "../../api/limits/secret_scalar.ts";

/** Stands in for a compact JWE. */
export const isSealed = (text: string): boolean => text.startsWith("jwe.");

const sdl = /* GraphQL */ `
  directive @signed(with: Secret) on FIELD | QUERY
  scalar Secret
  interface Node {
    id: ID!
  }
  type Query {
    me: Person
    node(id: ID!): Node
    messages(first: Int, last: Int, offset: Int): MessagesConnection
    capped(first: Int = 25): MessagesConnection
    messagesList(first: Int, offset: Int): [Message!]
    excerpt(first: Int): String
    login(password: Secret, name: String, tries: [Secret!]): Boolean
  }
  type Person implements Node {
    id: ID!
    name: String
    friend: Person
    messages(first: Int, last: Int): MessagesConnection!
    tags: [String!]
    inboxes: [Inbox!]!
  }
  type Inbox {
    name: String
    messages(first: Int): MessagesConnection
  }
  type MessagesConnection {
    nodes: [Message!]!
    edges: [MessagesEdge!]!
    totalCount: Int
  }
  type MessagesEdge {
    cursor: String
    node: Message
  }
  type Message {
    id: ID!
    subject: String
    author: Person
    replies(first: Int): MessagesConnection
  }
  type Mutation {
    connect(input: ConnectInput!): Boolean
    rename(name: String): Boolean
  }
  type Subscription {
    changed: Message
  }
  input ConnectInput {
    name: String!
    password: Secret!
    servers: [ServerInput!]
    fallback: ConnectInput
    port: Int
  }
  input ServerInput {
    host: String
    keys: [Secret!]
  }
`;

export function makeSchema(): GraphQLSchema {
  const schema = buildSchema(sdl);
  const secret = schema.getType("Secret");
  if (!(secret instanceof GraphQLScalarType)) throw new Error("the schema lost its Secret");
  const { serialize, parseValue, parseLiteral } = secretScalar(isSealed);
  Object.assign(secret, { serialize, parseValue, parseLiteral });
  return schema;
}

/** Runs what must be refused, and returns the refusal. */
export function refusal(run: () => unknown): LimitError {
  try {
    run();
  } catch (error) {
    if (error instanceof LimitError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

export function expectRefusal(code: LimitCode, run: () => unknown): LimitError {
  const error = refusal(run);
  expect(error.code).toBe(code);
  return error;
}

/** A query whose fragments each spread the next one twice: it expands to 2^levels fields. */
export function doublingQuery(levels: number): string {
  const fragments = Array.from(
    { length: levels },
    (_, n) => `fragment F${n} on Person { ...F${n + 1} ...F${n + 1} }`,
  );
  return `{ me { ...F0 } } ${fragments.join(" ")} fragment F${levels} on Person { id }`;
}

/** Numbers in [0, 1) that repeat for one seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A random document over field names of the schema, its fragments free of cycles. */
export function randomDocument(random: () => number): string {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const fragments = Math.floor(random() * 5);
  const names = ["id", "name", "me", "messages", "nodes", "friend", "unknown"];
  const set = (depth: number, from: number): string => {
    const selections = Array.from({ length: 1 + Math.floor(random() * 3) }, () => {
      const kind = random();
      const directive = random() < 0.1 ? " @include(if: true)" : "";
      if (kind < 0.25 && from < fragments) {
        return `...F${from + Math.floor(random() * (fragments - from))}${directive}`;
      }
      if (kind < 0.4 && depth > 0)
        return `... ${pick(["", "on Person", "on Message"])}${directive} ${set(depth - 1, from)}`;
      const alias = random() < 0.2 ? "a: " : "";
      const name = pick(names);
      const page =
        name === "messages" ? pick(["", "(first: 1)", "(first: $n)", "(last: 50)", "(first: null)"]) : "";
      return `${alias}${name}${page}${directive}${depth > 0 && random() < 0.5 ? ` ${set(depth - 1, from)}` : ""}`;
    });
    return `{ ${selections.join(" ")} }`;
  };
  const definitions = Array.from({ length: fragments }, (_, n) => {
    return `fragment F${n} on ${pick(["Person", "Message", "MessagesConnection"])} ${set(2, n + 1)}`;
  });
  return [`query Q($n: Int = 5) ${set(3, 0)}`, ...definitions].join("\n");
}
