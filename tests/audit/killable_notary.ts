import { readWorkerConfig } from "../../worker/config.ts";
import { startService } from "../../worker/runtime/service.ts";
import { exportAudit } from "../../worker/tasks/audit_export.ts";
import { notaryCrontab, sealTask } from "../../worker/tasks/notary.ts";

// A notary in a process of its own, for tests that kill it. All that differs from the real service: its collectors are on this
// machine, whose addresses it would refuse, and it looks for dead workers ten times a second. With SEAL=no it exports only.
const { services, keys, kek, notaryKey } = readWorkerConfig(process.env);
await startService({
  ...services[0]!,
  tasks: {
    export_audit: exportAudit({ keys: keys! }, async () => [{ address: "127.0.0.1", family: 4 }]),
    ...(process.env.SEAL === "no" ? {} : { seal: sealTask({ kek: kek!, notaryKey: notaryKey! }) }),
  },
  ...(process.env.SEAL === "no" ? {} : { crontab: notaryCrontab.split("\n")[0]!, atStart: ["seal"] }),
  recoverEveryMs: 100,
  log: console.log,
});
console.log("ready");
