import { TYPES } from "postgraphile/@dataplan/pg";
import type { PgSelectSingleStep } from "postgraphile/@dataplan/pg";
import { context, get, lambda, list, loadOne } from "postgraphile/grafast";
import type { Step } from "postgraphile/grafast";
import { sql } from "postgraphile/pg-sql2";
import { extendSchema, gql } from "postgraphile/utils";
import { RequestError } from "../errors/request_error.ts";
import { inParts } from "../sealed/in_parts.ts";
import type { OpenedName } from "../sealed/types.ts";
import "./request_context.ts";

type Named = { readonly id: string; readonly name: OpenedName | Error | null };

/** One call for all people of a request and one workspace's trail. */
async function load(
  pairs: readonly (readonly [workspaceId: string | null, personId: string | null])[],
  { shared }: { shared: Grafast.Context },
): Promise<(Named | null)[]> {
  const { session, sealed } = shared;
  if (!session) throw new RequestError("UNAUTHENTICATED", "sign in first");
  const wanted = new Map<string, Set<string>>();
  for (const [workspace, person] of pairs)
    if (workspace && person) wanted.set(workspace, (wanted.get(workspace) ?? new Set()).add(person));
  const opened = new Map<string, OpenedName | Error>();
  await Promise.all(
    [...wanted].flatMap(([workspace, people]) =>
      inParts([...people]).map(async (part) => {
        for (const [id, name] of await sealed.openNames(session, workspace, part))
          opened.set(`${workspace} ${id}`, name as OpenedName | Error);
      }),
    ),
  );
  return pairs.map(([workspace, id]) => (id ? { id, name: opened.get(`${workspace} ${id}`) ?? null } : null));
}

function person($event: PgSelectSingleStep, $personId: Step): Step<Named | null> {
  return loadOne(
    list([$event.get("workspace_id"), $personId]) as never,
    {
      shared: () => context(),
      load,
    } as never,
  ) as unknown as Step<Named | null>;
}

const field =
  (read: (name: OpenedName | null) => unknown) =>
  ($person: Step<Named>): Step =>
    lambda(get($person, "name") as unknown as Step<Named["name"]>, (name) => {
      if (name instanceof Error) throw name;
      return read(name);
    });

/** Who is who in the audit log: the rows hold pseudonyms, the worker opens the names, and Postgres says for whom. */
export const AuditPeoplePlugin = extendSchema({
  typeDefs: gql`
    """
    A person of the audit log. The log itself holds the pseudonym alone.
    """
    type AuditPerson {
      """
      The pseudonym.
      """
      personId: UUID!

      """
      The name. Null for somebody who was erased, and in the second until it has been sealed.
      """
      name: String

      """
      The email address; null as the name is.
      """
      email: String

      """
      Whether the person was erased: nobody can tell any more who it was.
      """
      erased: Boolean!
    }

    extend type AuditEvent {
      """
      Who did it, by name. Needs \`people.read\` too.
      """
      person: AuditPerson

      """
      Whom it was done to, where that is a person. Needs \`people.read\` too.
      """
      subject: AuditPerson
    }
  `,
  objects: {
    AuditEvent: {
      plans: {
        person: ($event: PgSelectSingleStep) => person($event, $event.get("person_id")),
        subject: ($event: PgSelectSingleStep) =>
          person(
            $event,
            $event.select(
              sql`${sql.identifier("audit", "subject_id")}(${$event.getClassStep().alias})`,
              TYPES.uuid,
            ),
          ),
      },
    },
    AuditPerson: {
      plans: {
        personId: ($person: Step<Named>) => get($person, "id"),
        name: field((name) => (name && !name.erased ? name.name : null)),
        email: field((name) => (name && !name.erased ? name.email : null)),
        erased: field((name) => name?.erased === true),
      },
    },
  },
});
