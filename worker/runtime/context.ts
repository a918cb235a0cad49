import type { NotaryKey } from "../../audit/signatures.ts";
import type { WorkerKeys } from "../../envelope/keys.ts";
import type { ConnectionSystem } from "../connections/system.ts";
import type { Kek } from "../crypto/kek.ts";
import type { WorkspaceKeys } from "../crypto/workspace_keys.ts";
import type { Answers } from "./answers.ts";

/** What the sign-in provider's client needs. */
export interface WorkosSettings {
  readonly apiKey: string;
  readonly clientId: string;
  /** Whose tokens are accepted. */
  readonly issuers: readonly string[];
  /** Another address than the provider's own. */
  readonly baseUrl: string | undefined;
}

/** What tasks are made with. A task file exports one factory, which takes only the members that it needs. */
export interface WorkerContext {
  readonly keys: WorkerKeys;
  readonly kek: Kek;
  readonly workspaceKeys: WorkspaceKeys;
  readonly answers: Answers;
  readonly workos: WorkosSettings;
  /** What the notary signs with; only where it runs. */
  readonly notaryKey: NotaryKey;
  /** Undefined where connections are not set up. */
  readonly connections: ConnectionSystem | undefined;
}
