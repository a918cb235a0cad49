import { redirectAllowed } from "./authorize.ts";
import { errorPage, signedOutPage } from "./page.ts";
import { id, now, userJson } from "./state.ts";
import type { RecordedRequest, Reply, State, User } from "./types.ts";

function missing(kind: string, entityId: string): Reply {
  return {
    status: 404,
    json: { message: `${kind} not found: '${entityId}'.`, code: "entity_not_found", entity_id: entityId },
  };
}

/** GET /user_management/users/:id. */
export function user(state: State, userId: string): Reply {
  const found = state.users.get(userId);
  return found ? { status: 200, json: userJson(found) } : missing("User", userId);
}

/** GET /user_management/organization_memberships?user_id|organization_id|statuses. */
export function memberships(state: State, request: RecordedRequest): Reply {
  const { user_id: userId, organization_id: organizationId, statuses } = request.query;
  if (!userId && !organizationId) {
    return {
      status: 422,
      json: { message: "Validation failed", errors: [{ code: "user_id_or_organization_id" }] },
    };
  }
  const wanted = statuses ? statuses.split(",") : ["active"];
  const data = [...state.users.values()]
    .filter((candidate) => !userId || candidate.id === userId)
    .flatMap((candidate) =>
      (candidate.person.memberships ?? []).map((membership) => membershipJson(state, candidate, membership)),
    )
    .filter(
      (row) => (!organizationId || row.organization_id === organizationId) && wanted.includes(row.status),
    );
  return { status: 200, json: { object: "list", data, list_metadata: { before: null, after: null } } };
}

type Membership = NonNullable<User["person"]["memberships"]>[number];

function membershipJson(state: State, { id: userId }: User, membership: Membership) {
  return {
    object: "organization_membership",
    id: id("om_", `${userId} ${membership.organizationId}`),
    user_id: userId,
    organization_id: membership.organizationId,
    organization_name:
      state.options.organizations.find((known) => known.id === membership.organizationId)?.name ?? null,
    status: membership.status ?? "active",
    role: { slug: membership.role ?? "member" },
    roles: [{ slug: membership.role ?? "member" }],
    directory_managed: false,
    custom_attributes: {},
    created_at: "2026-01-05T09:00:00.000Z",
    updated_at: "2026-01-05T09:00:00.000Z",
  };
}

/** As somebody does in WorkOS's dashboard, or a directory by SCIM: takes a person out of an organization, or puts them back. */
export function setMembership(
  state: State,
  user: User,
  organizationId: string,
  status: "active" | "inactive" | null,
): void {
  const { person } = user;
  const former = (person.memberships ?? []).find((one) => one.organizationId === organizationId);
  const others = (person.memberships ?? []).filter((one) => one !== former);
  const next = { ...former, organizationId, status: status ?? "inactive" } as Membership;
  person.memberships = status === null ? others : [...others, next];
  const event = status === null ? "deleted" : former ? "updated" : "created";
  state.events.push({
    object: "event",
    id: id("event_"),
    event: `organization_membership.${event}`,
    created_at: new Date(now(state)).toISOString(),
    data: membershipJson(state, user, next),
  });
}

/** GET /events?events&after|range_start&limit. */
export function events(state: State, request: RecordedRequest): Reply {
  const { events: names = "", after, range_start: since, limit = "10" } = request.query;
  const begin = after ? state.events.findIndex((one) => one.id === after) + 1 : 0;
  const data = state.events
    .slice(begin)
    .filter((one) => names.split(",").includes(one.event) && (!since || one.created_at >= since))
    .slice(0, Number(limit));
  return { status: 200, json: { object: "list", data, list_metadata: { after: data.at(-1)?.id ?? null } } };
}

/** POST /user_management/sessions/revoke. */
export function revoke(state: State, request: RecordedRequest): Reply {
  const sessionId = String(request.body?.session_id ?? "");
  const session = state.sessions.get(sessionId);
  if (!session) return missing("Session", sessionId);
  session.ended = true;
  return { status: 200, json: {} };
}

/** GET /user_management/sessions/logout: a browser page, so no API key. */
export function logout(state: State, request: RecordedRequest): Reply {
  const session = state.sessions.get(request.query.session_id ?? "");
  if (session) session.ended = true;
  const target = request.query.return_to;
  if (!target) return signedOutPage();
  // An open redirect otherwise. Any path will do: WorkOS keeps a separate list of sign-out URIs.
  const origin = URL.canParse(target) ? new URL(target).origin : "";
  const known = (state.options.redirectUris ?? []).some((uri) => new URL(uri).origin === origin);
  if (!known && !redirectAllowed(state, target))
    return errorPage("This sign-out redirect is not registered.");
  return { status: 302, location: target };
}
