import type { PgSelectSingleStep } from "postgraphile/@dataplan/pg";
import { context, lambda, list, loadOne } from "postgraphile/grafast";
import type { Step } from "postgraphile/grafast";
import { extendSchema, gql } from "postgraphile/utils";
import { RequestError } from "../errors/request_error.ts";
import { inParts } from "../sealed/in_parts.ts";
import type { OpenedOrigin } from "../sealed/types.ts";
import "./request_context.ts";

type Asked = readonly [
  workspaceId: string | null,
  eventId: string | null,
  signInId: string | null,
  originId: string | null,
];
type Found = { readonly opened: OpenedOrigin | Error };

/**
 * One call for all origins of a request and one workspace's trail. Events of one sign-in from one origin are one question,
 * asked about the first of them: they have the same answer.
 */
async function load(
  asked: readonly Asked[],
  { shared }: { shared: Grafast.Context },
): Promise<(Found | null)[]> {
  const { session, sealed } = shared;
  if (!session) throw new RequestError("UNAUTHENTICATED", "sign in first");
  const wanted = new Map<string, Map<string, string>>();
  for (const [workspace, event, signIn, origin] of asked) {
    if (!workspace || !event || !signIn || !origin) continue;
    const events = wanted.get(workspace) ?? new Map<string, string>();
    const pair = `${signIn} ${origin}`;
    if (!events.has(pair)) events.set(pair, event);
    wanted.set(workspace, events);
  }
  const opened = new Map<string, OpenedOrigin | Error>();
  await Promise.all(
    [...wanted].flatMap(([workspace, events]) =>
      inParts([...events.values()]).map(async (part) => {
        for (const [id, origin] of await sealed.openOrigins(session, workspace, part))
          opened.set(id, origin as OpenedOrigin | Error);
      }),
    ),
  );
  return asked.map(([workspace, , signIn, origin]) => {
    const event = workspace && wanted.get(workspace)?.get(`${signIn} ${origin}`);
    const found = event ? opened.get(event) : undefined;
    return found ? { opened: found } : null;
  });
}

const field =
  (read: (origin: OpenedOrigin) => string | null) =>
  ($origin: Step<Found>): Step =>
    lambda($origin, ({ opened }) => {
      if (opened instanceof Error) throw opened;
      return read(opened);
    });

/** Where events of the audit log came from: the worker opens it, and Postgres says for whom, and whether it is the event's own. */
export const AuditOriginsPlugin = extendSchema({
  typeDefs: gql`
    """
    The address and client that an event of the audit log came from.
    """
    type AuditOrigin {
      """
      The client's address.
      """
      address: String!

      """
      The client, in its own words; null where it said none.
      """
      userAgent: String
    }

    extend type AuditEvent {
      """
      From where it was done. Needs \`people.read\` too. Null where the event names none, or one that is not its own sign-in's; for
      somebody who was erased; and in the second until it has been sealed.
      """
      origin: AuditOrigin
    }
  `,
  objects: {
    AuditEvent: {
      plans: {
        origin: ($event: PgSelectSingleStep) =>
          loadOne(
            list([
              $event.get("workspace_id"),
              $event.get("id"),
              $event.get("sign_in_id"),
              $event.get("origin_id"),
            ]) as never,
            { shared: () => context(), load } as never,
          ) as unknown as Step<Found | null>,
      },
    },
    AuditOrigin: {
      plans: {
        address: field((origin) => origin.address),
        userAgent: field((origin) => origin.user_agent || null),
      },
    },
  },
});
