import { SafeError } from "postgraphile/grafast";
import type { GraphQLSchema } from "postgraphile/graphql";
import "postgraphile/grafserv";
import { isSealedSecret, sealSecret } from "../../envelope/secret.ts";
import type { PublicKey } from "../../envelope/keys.ts";
import { asRequestError, RequestError } from "../errors/request_error.ts";
import { createRequestCheck } from "../limits/cache.ts";
import { findOperation } from "../limits/cost.ts";
import { LimitError } from "../limits/limit_error.ts";
import type { Limits } from "../limits/limits.ts";
import { sealSecretVariables } from "../limits/secrets.ts";
import type { ApiRequest, Session } from "./request_context.ts";
import { createDocumentFinder } from "./trusted_documents.ts";

export interface GuardOptions {
  /** The worker's current intake key. */
  readonly intakeKey: PublicKey;
  readonly limits: Limits;
  readonly development: boolean;
  readonly persistedOperations: string | undefined;
  readonly log: (line: string) => void;
  /** The schema that requests are checked against. */
  readonly schema: () => GraphQLSchema;
}

/** Checks a request's members and puts the document and the sealed variables in their place. */
export type RequestGuard = (body: Body, api: ApiRequest, transport: "http" | "websocket") => Promise<void>;

/**
 * What every GraphQL request passes before it is parsed, validated or planned, whatever the transport: which document,
 * is it within the limits; and no secret leaves this step as plaintext. Who is asking was settled before its body was
 * read; a transport that does not settle it is refused. A subscription goes over a WebSocket, and nothing else does.
 */
export function createRequestGuard(options: GuardOptions): RequestGuard {
  const { limits, development } = options;
  const findDocument = createDocumentFinder(options.persistedOperations, development);
  const check = createRequestCheck({ limits, introspection: development, cacheCharacters: 2_000_000 });

  return async (body, { session }, transport) => {
    const source = findDocument(body);
    const { operationName, variableValues: variables } = readMembers(body);
    const schema = options.schema();
    const { document } = check({ source, operationName, variables }, schema);
    refuseOtherTransport(findOperation(document, operationName)?.operation, transport);
    body.query = source;
    body.variableValues = await sealSecretVariables({
      schema,
      document,
      operationName,
      variables,
      limits,
      isSealed: isSealedSecret,
      seal: (secret) => sealSecret(options.intakeKey, bindingOf(session), secret),
    });
  };
}

/** Puts the guard before every request that Grafserv answers over HTTP. */
export function requestGuardPlugin(guard: RequestGuard, log: (line: string) => void): GraphileConfig.Plugin {
  return {
    name: "RequestGuardPlugin",
    version: "1.0.0",
    grafserv: {
      middleware: {
        async processGraphQLRequestBody(next, event) {
          const { body, request, graphqlWsContext } = event;
          const api = graphqlWsContext ? undefined : request?.requestContext.api;
          try {
            if (!api?.authenticated)
              throw new RequestError("REQUEST_MALFORMED", "this transport is not served");
            await guard(body, api, "http");
          } catch (error) {
            // Anything else would be printed whole by grafserv, the request's variables with it.
            throw refusal(error, log);
          }
          return next();
        },
      },
    },
  };
}

/** A refusal in the shape that grafserv answers with. */
export function refusal(error: unknown, log: (line: string) => void): SafeError {
  if (error instanceof LimitError) {
    return new SafeError(error.message, {
      code: error.code,
      statusCode: error.statusCode,
      details: error.details,
    });
  }
  const { code, message, statusCode, extensions } = asRequestError(error, log);
  return new SafeError(message, { code, statusCode, ...extensions });
}

function refuseOtherTransport(operation: string | undefined, transport: "http" | "websocket"): void {
  if (operation === "subscription" && transport === "http")
    throw new RequestError("SUBSCRIPTION_NEEDS_WEBSOCKET", "subscribe over a WebSocket");
  if (operation !== "subscription" && transport === "websocket")
    throw new RequestError("SUBSCRIPTION_ONLY", "a WebSocket takes subscriptions; ask the rest by POST");
}

interface Body {
  documentId: unknown;
  query: unknown;
  operationName: unknown;
  variableValues: unknown;
}

function readMembers({ operationName, variableValues }: Body) {
  if (operationName != null && typeof operationName !== "string") {
    throw new RequestError("REQUEST_MALFORMED", "operationName is not text");
  }
  if (variableValues != null && (typeof variableValues !== "object" || Array.isArray(variableValues))) {
    throw new RequestError("REQUEST_MALFORMED", "variables is not an object");
  }
  return { operationName, variableValues: variableValues as Record<string, unknown> | null | undefined };
}

/** What a secret is sealed for. The worker opens it for this workspace and person alone. */
function bindingOf(session: Session | undefined): { workspace: string; person: string } {
  if (!session) throw new RequestError("UNAUTHENTICATED", "sign in first");
  return { workspace: session.workspaceId, person: session.personId };
}
