import { type ProviderCall, measureCall } from "../audit/provider_call.ts";
import type { Kek } from "./kek.ts";

/**
 * A {@link Kek} that tells of each call to its key service before it hands the outcome on. One that calls nobody is returned
 * as it is.
 *
 * @param record writes the call into the workspace's audit log; when that fails, the call has failed
 */
export function recordedKek(
  kek: Kek,
  record: (workspaceId: string, call: ProviderCall) => Promise<void>,
): Kek {
  const { service } = kek;
  if (service === undefined) return kek;
  return {
    current: kek.current,
    service,
    wrap: (subject, key) =>
      measureCall(
        service,
        "wrap",
        () => kek.wrap(subject, key),
        (call) => record(subject.workspaceId, call),
      ),
    unwrap: (subject, name, wrapped) =>
      measureCall(
        service,
        "unwrap",
        () => kek.unwrap(subject, name, wrapped),
        (call) => record(subject.workspaceId, call),
      ),
  };
}
