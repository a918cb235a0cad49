import type pg from "pg";
import { hookArgs } from "postgraphile/grafast";
import { type ExecutionResult, GraphQLError } from "postgraphile/graphql";
import { RequestError } from "../errors/request_error.ts";
import { authenticate } from "../graphql/authenticate.ts";
import { type RequestGuard, refusal } from "../graphql/request_guard.ts";
import { type ApiRequest, type Session, transactionSettings } from "../graphql/request_context.ts";
import type { Grafserv } from "../http/grafserv.ts";
import { withoutValues } from "../limits/redact.ts";
import { withoutSuggestions } from "../limits/suggestions.ts";
import type { Changes } from "./changes.ts";
import { look, openFeed } from "./feed.ts";

/** How subscriptions are prepared and run; the socket's side is elsewhere. */
export interface Operations {
  /**
   * Passes a request through everything that one over HTTP passes, and opens its feed.
   *
   * @param onEnded the session may hear of nothing any more
   * @returns arguments for `subscribe`, and what ends the feed
   */
  prepare(payload: object, api: ApiRequest, onEnded: () => void): Promise<{ args: any; stop(): void }>;
  subscribe(args: any): any;
  /** Whether a session may still hear of anything. */
  stands(session: Session): Promise<boolean>;
  shown(result: ExecutionResult): any;
  masked(error: GraphQLError): GraphQLError;
}

export function createOperations(deps: {
  readonly serv: Grafserv;
  readonly guard: RequestGuard;
  readonly pool: pg.Pool;
  readonly changes: Changes;
}): Operations {
  const { serv, guard, pool, changes } = deps;
  const masked = (error: GraphQLError) =>
    // What was refused here has its code and fixed words; the rest is an execution's.
    error.extensions?.refused === true ? withoutMark(error) : serv.mask(error);

  return {
    async prepare(payload, api, onEnded) {
      const body = readBody(payload);
      await guard(body, api, "websocket");
      const { schema, parseAndValidate, resolvedPreset, execute, subscribe, contextValue } =
        await serv.getExecutionConfig({} as never);
      const parsed = parseAndValidate(body.query as string);
      if (parsed.errors) throw new InvalidDocument(parsed.errors);
      const settings = transactionSettings(api);
      const feed = await openFeed({ pool, changes, settings, onEnded });
      // Since the socket said who it is, its session may have ended: then that is the reason.
      if (!feed) await authenticate(pool, `Bearer ${api.session!.token}`);
      if (!feed)
        throw new RequestError("PERMISSION_DENIED", "your role lacks the permission connections.read");
      const requestContext = { api: { ...api, changes: feed } };
      const args: any = {
        execute,
        subscribe,
        schema,
        document: parsed.document,
        rootValue: null,
        contextValue,
        variableValues: body.variableValues,
        operationName: body.operationName ?? undefined,
        resolvedPreset: withoutExecutionTimeout(resolvedPreset),
        requestContext,
        middleware: serv.grafastMiddleware,
      };
      try {
        await hookArgs(args);
      } catch (error) {
        feed.stop();
        throw error;
      }
      return { args, stop: () => feed.stop() };
    },
    subscribe: (args) => args.subscribe(args),
    async stands(session) {
      const settings = transactionSettings({ id: "", origin: undefined, authenticated: true, session });
      return (await look(pool, settings)).workspaceId === session.workspaceId;
    },
    shown: (result) =>
      result.errors ? { ...result, errors: result.errors.map((error) => masked(error)) } : undefined,
    masked,
  };
}

/** What a refused subscription is answered with. */
export function errorsOf(
  error: unknown,
  development: boolean,
  log: (line: string) => void,
): readonly GraphQLError[] {
  const errors =
    error instanceof InvalidDocument
      ? error.errors.map((one) => {
          const message = withoutValues(development ? one.message : withoutSuggestions(one.message));
          return { message, extensions: { code: "GRAPHQL_INVALID" }, locations: one.nodes };
        })
      : [refusal(error, log)];
  return errors.map(({ message, extensions }) => {
    const { statusCode: _, ...shown } = (extensions ?? {}) as Record<string, unknown>;
    return new GraphQLError(message, { extensions: { ...shown, refused: true } });
  });
}

class InvalidDocument extends Error {
  readonly errors: readonly GraphQLError[];
  constructor(errors: readonly GraphQLError[]) {
    super("the document does not fit the schema");
    this.errors = errors;
  }
}

function withoutMark({ message, extensions }: GraphQLError): GraphQLError {
  const { refused: _, ...shown } = extensions;
  return new GraphQLError(message, { extensions: shown });
}

/** Its clock begins with the subscription, which outlives it; each event's statements have Postgres' own timeout. */
function withoutExecutionTimeout<Preset extends GraphileConfig.ResolvedPreset>(preset: Preset): Preset {
  const { planning } = preset.grafast?.timeouts ?? {};
  return { ...preset, grafast: { ...preset.grafast, timeouts: { planning } } };
}

// graphql-ws wants a query in every message; where a trusted document's id is sent, it may be empty.
function readBody(payload: any) {
  const { query, operationName, variables, extensions } = payload;
  const documentId = payload.documentId ?? extensions?.documentId;
  return { documentId, query, operationName, variableValues: variables };
}
