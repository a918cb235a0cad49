import "./environment.ts";
import type pg from "pg";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { PostGraphileRelayPreset } from "postgraphile/presets/relay";
import { explorerOperations, explorerVariables } from "../http/explorer_operations.ts";
import { explorerParts } from "../http/explorer_page.ts";
import { makePipelinedService } from "../database/pipelined_service.ts";
import type { SealedCalls } from "../sealed/types.ts";
import { createMaskError } from "../errors/mask_error.ts";
import { ConnectionHealthPlugin } from "../connections/health_plugin.ts";
import { StartConnectionPlugin } from "../connections/start_connection_plugin.ts";
import { auditDenialsPlugin } from "./audit_denials_plugin.ts";
import { ConnectionChangedPlugin } from "../subscriptions/connection_changed_plugin.ts";
import { admitWith } from "./admission.ts";
import { AuditNamesPlugin } from "./audit_names_plugin.ts";
import { AuditOriginsPlugin } from "./audit_origins_plugin.ts";
import { AuditPeoplePlugin } from "./audit_people_plugin.ts";
import { MessageContentPlugin } from "./message_content.ts";
import { PageSizePlugin } from "./page_size_plugin.ts";
import { TenantKeysPlugin } from "./tenant_keys_plugin.ts";
import { NamesPlugin } from "./names_plugin.ts";
import { SecretPlugin } from "./secret_plugin.ts";
import { transactionSettings } from "./request_context.ts";

/** The schemas that are the API. Their tables and functions have names that are unique across all of them. */
export const exposedSchemas = ["tenancy", "mail", "connections", "audit"] as const;

export interface PresetOptions {
  readonly pool: pg.Pool;
  /** Undefined where the schema is only printed. */
  readonly sealed?: SealedCalls;
  readonly development: boolean;
  readonly log: (line: string) => void;
  readonly guard?: GraphileConfig.Plugin;
}

/**
 * The GraphQL schema and how it is served: reads are tables under row-level security, writes are functions, and what the
 * role of a signed-in member may not see is not in it.
 */
export function createPreset(options: PresetOptions): GraphileConfig.Preset {
  const { development, log } = options;
  return {
    extends: [PostGraphileAmberPreset, PostGraphileRelayPreset],
    plugins: [
      AuditNamesPlugin,
      AuditPeoplePlugin,
      AuditOriginsPlugin,
      auditDenialsPlugin({ pool: options.pool, log }),
      NamesPlugin,
      TenantKeysPlugin,
      PageSizePlugin,
      SecretPlugin,
      MessageContentPlugin,
      StartConnectionPlugin,
      ConnectionHealthPlugin,
      ConnectionChangedPlugin,
      ...(options.guard ? [options.guard] : []),
    ],
    // The first two write to tables directly. The last hides faults of the schema, such as two things of one name.
    disablePlugins: ["PgMutationCreatePlugin", "PgMutationUpdateDeletePlugin", "SwallowErrorsPlugin"],
    pgServices: [
      makePipelinedService({
        pool: options.pool,
        schemas: exposedSchemas,
        introspectionRole: "bulkhead_member",
      }),
    ],
    schema: {
      sortExport: true,
      dontSwallowErrors: true,
    },
    // An argument without a default is required.
    gather: { pgStrictFunctions: true },
    grafast: {
      explain: false,
      timeouts: { planning: 2_000, execution: 25_000 },
      context: ({ api }) => {
        if (!api) throw new Error("a request without its context");
        const pgSettings = { ...transactionSettings(api) };
        if (api.session && api.admission) admitWith(pgSettings, api.admission);
        return {
          pgSettings,
          session: api.session ?? null,
          sealed: options.sealed!,
          startConnection: api.startConnection,
          changes: api.changes,
        };
      },
    },
    // Its type asks for every member of the client's configuration; only this one is ours.
    ruru: {
      htmlParts: explorerParts,
      clientConfig: { initialQuery: explorerOperations, initialVariables: explorerVariables } as never,
    },
    grafserv: {
      graphqlPath: "/graphql",
      graphqlOverGET: false,
      graphiql: development,
      graphiqlOnGraphQLGET: false,
      graphiqlPath: "/",
      websockets: false,
      watch: false,
      allowedRequestContentTypes: ["application/json"],
      maskError: createMaskError({ log, suggestions: development }),
    },
  };
}
