import { SafeError } from "postgraphile/grafast";
import type { GraphQLSchema } from "postgraphile/graphql";
import "postgraphile/grafserv";
import { isSealedSecret, sealSecret } from "../../envelope/secret.ts";
import type { PublicKey } from "../../envelope/keys.ts";
import { asRequestError, RequestError } from "../errors/request_error.ts";
import { createRequestCheck } from "../limits/cache.ts";
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

/**
 * What every GraphQL request passes before it is parsed, validated or planned, whatever the transport: which document,
 * is it within the limits; and no secret leaves this step as plaintext. Who is asking was settled before its body was
 * read; a transport that does not settle it is refused.
 */
export function requestGuardPlugin(options: GuardOptions): GraphileConfig.Plugin {
  const { limits, development } = options;
  const findDocument = createDocumentFinder(options.persistedOperations, development);
  const check = createRequestCheck({ limits, introspection: development, cacheCharacters: 2_000_000 });

  const guard = async (body: Body, { session }: ApiRequest): Promise<void> => {
    const source = findDocument(body);
    const { operationName, variableValues: variables } = readMembers(body);
    const schema = options.schema();
    const { document } = check({ source, operationName, variables }, schema);
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
            await guard(body, api);
          } catch (error) {
            // Anything else would be printed whole by grafserv, the request's variables with it.
            throw refusal(error, options.log);
          }
          return next();
        },
      },
    },
  };
}

/** A refusal in the shape that grafserv answers with. */
function refusal(error: unknown, log: (line: string) => void): SafeError {
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
