import type { PgSelectSingleStep } from "postgraphile/@dataplan/pg";
import { context, lambda, loadOne } from "postgraphile/grafast";
import type { Step } from "postgraphile/grafast";
import { extendSchema, gql } from "postgraphile/utils";
import { RequestError } from "../errors/request_error.ts";
import { inParts } from "../sealed/in_parts.ts";
import type { OpenedBody, OpenedSubject, OpenKind } from "../sealed/types.ts";
import "./request_context.ts";

/** One call for all messages of a request and one kind, however deep in the query they stand. */
function createLoader(kind: OpenKind) {
  return async (ids: readonly string[], { shared }: { shared: Grafast.Context }): Promise<unknown[]> => {
    const { session, sealed } = shared;
    if (!session) throw new RequestError("UNAUTHENTICATED", "sign in first");
    const unique = [...new Set(ids)];
    const opened = new Map<string, unknown>();
    const parts = inParts(unique);
    for (const part of await Promise.all(parts.map((ids) => sealed.openMessages(session, kind, ids)))) {
      for (const [id, value] of part) opened.set(id, value);
    }
    // In the place of a message that does not open stands an Error: it fails the fields of that message alone.
    return ids.map((id) => opened.get(id) ?? null);
  };
}

const loaders = { "mail.subject": createLoader("mail.subject"), "mail.body": createLoader("mail.body") };

function open<Opened>($message: PgSelectSingleStep, kind: OpenKind): Step<Opened | Error | null> {
  return loadOne(
    $message.get("id") as Step<string>,
    {
      shared: () => context(),
      load: loaders[kind],
    } as never,
  ) as unknown as Step<Opened | Error | null>;
}

const field =
  <Opened>(kind: OpenKind, name: keyof Opened & string) =>
  ($message: PgSelectSingleStep) =>
    lambda(open<Opened>($message, kind), (opened) => {
      if (opened instanceof Error) throw opened;
      return opened?.[name] ?? null;
    });

/** The content of messages as plain fields: who reads them does not see that they are stored encrypted. */
export const MessageContentPlugin = extendSchema({
  typeDefs: gql`
    """
    A person or list as a message's header names them. Nothing here is verified.
    """
    type MailAddress {
      """
      The name; empty where there is none.
      """
      name: String!

      """
      The address.
      """
      address: String!
    }

    extend type Message {
      """
      The subject.
      """
      subject: String

      """
      Who it says it is from.
      """
      from: MailAddress

      """
      Whom it is addressed to.
      """
      to: [MailAddress!]

      """
      Who got a copy.
      """
      cc: [MailAddress!]

      """
      The body as plain text; made from the HTML where the message has no text of its own.
      """
      body: String
    }
  `,
  objects: {
    Message: {
      plans: {
        subject: field<OpenedSubject>("mail.subject", "subject"),
        from: field<OpenedSubject>("mail.subject", "from"),
        to: field<OpenedSubject>("mail.subject", "to"),
        cc: field<OpenedSubject>("mail.subject", "cc"),
        body: field<OpenedBody>("mail.body", "text"),
      },
    },
  },
});
