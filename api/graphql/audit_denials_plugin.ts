import type pg from "pg";
import "postgraphile/grafast";
import type { ExecutionResult, GraphQLError } from "postgraphile/graphql";
import { onConnection, runInTransaction } from "../database/transaction.ts";
import { isDatabaseError } from "../errors/describe.ts";
import { findDatabaseError } from "../errors/registry.ts";
import "./request_context.ts";

/**
 * Refusals that the workspace should know of, by SQLSTATE: a permission or a role that is lacking, a role above one's own, another
 * workspace's log, a right that the database itself refuses. What is merely wrong (no such team) is not among them.
 */
const DENIALS = new Set(["ZT001", "ZT003", "ZA003", "ZA006", "42501"]);
/** Of one request; the database bounds how many a session gets to write. */
const MAX_PER_REQUEST = 5;

interface Denial {
  readonly code: string;
  readonly permission: string | null;
  readonly operation: string | null;
}

export interface DenialsOptions {
  readonly pool: pg.Pool;
  readonly log: (line: string) => void;
}

/**
 * Tells the audit log what the database refused to a session, before the refusal is answered: in a transaction of its own, since
 * the refused one was rolled back. A request that is refused nothing costs nothing. Told are the code, the permission and the
 * field's name in the schema, never an argument, nor an alias, which is the caller's own word.
 */
export function auditDenialsPlugin({ pool, log }: DenialsOptions): GraphileConfig.Plugin {
  async function record(denials: readonly Denial[], settings: Record<string, string | undefined>) {
    await onConnection(pool, async (client) => {
      for (const { code, permission, operation } of denials) {
        await runInTransaction(client, settings, {
          name: "audit_denied",
          text: "select audit.denied($1, $2, $3)",
          values: [code, permission, operation],
        });
      }
    });
  }

  return {
    name: "AuditDenialsPlugin",
    version: "1.0.0",
    grafast: {
      middleware: {
        async execute(next, { args }) {
          const result = (await next()) as ExecutionResult;
          const { session, pgSettings } = args.contextValue as unknown as Grafast.Context;
          if (!result.errors || !session || !pgSettings) return result as never;
          const denials = denialsOf(result.errors);
          if (denials.length > 0) {
            await record(denials, pgSettings as Record<string, string | undefined>).catch(() =>
              log("a refusal could not be recorded"),
            );
          }
          return result as never;
        },
      },
    },
  };
}

function denialsOf(errors: readonly GraphQLError[]): Denial[] {
  const found = new Map<string, Denial>();
  for (const { originalError, nodes } of errors) {
    if (!isDatabaseError(originalError) || !DENIALS.has(originalError.code!)) continue;
    const { column } = originalError as { column?: unknown };
    const field = nodes?.[0] as { kind: string; name?: { value: string } } | undefined;
    const denial: Denial = {
      code: findDatabaseError(originalError)!.code,
      permission: typeof column === "string" ? column : null,
      operation: field?.kind === "Field" ? (field.name?.value ?? null) : null,
    };
    found.set(JSON.stringify(denial), denial);
    if (found.size === MAX_PER_REQUEST) break;
  }
  return [...found.values()];
}
