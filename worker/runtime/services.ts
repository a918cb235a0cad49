import type { TaskList } from "graphile-worker";
import type { ServiceName } from "../config.ts";
import { connectionTasks } from "../connections/tasks.ts";
import { exportAudit } from "../tasks/audit_export.ts";
import { auditMonths, auditMonthsCrontab } from "../tasks/audit_months.ts";
import { cleanUp, cleanUpCrontab } from "../tasks/clean_up.ts";
import { checkOrganizations } from "../tasks/check_organizations.ts";
import { deleteWorkspaces, deleteWorkspacesCrontab } from "../tasks/delete_workspaces.ts";
import { endProviderSession } from "../tasks/end_provider_session.ts";
import { keyOperation, keyRewrap, keyRotation } from "../tasks/key_operation.ts";
import { importMessagesTask } from "../tasks/import_messages.ts";
import { attestTask, notaryCrontab, sealTask } from "../tasks/notary.ts";
import { organizationChanges, organizationChangesCrontab } from "../tasks/organization_changes.ts";
import { openTask } from "../tasks/open.ts";
import { subjectRewrap } from "../tasks/subject_rewrap.ts";
import { signIn } from "../tasks/sign_in.ts";
import type { WorkerContext } from "./context.ts";
import type { ServiceOptions } from "./service.ts";

type Definition = Pick<
  ServiceOptions,
  "crontab" | "atStart" | "concurrentJobs" | "answersAtOnce" | "interruptAfterMs"
> & {
  readonly tasks: TaskList;
};

/** What each service does. A service makes its tasks from what it needs of the context, when it starts. */
export const definitions: Readonly<Record<ServiceName, (context: WorkerContext) => Definition>> = {
  identity: (context) => ({
    tasks: {
      sign_in: signIn(context),
      end_provider_session: endProviderSession(context),
      check_organizations: checkOrganizations(context),
      organization_changes: organizationChanges(context),
    },
    crontab: organizationChangesCrontab,
  }),
  opener: (context) => ({ tasks: { open: openTask(context) }, answersAtOnce: true }),
  // An import holds its whole source in memory.
  mail_sync: (context) => ({
    tasks: {
      import_messages: importMessagesTask(context),
      ...connectionTasks(context),
      key_operation: keyOperation(context),
      key_rewrap: keyRewrap(context),
      key_rotation: keyRotation(context),
    },
    concurrentJobs: 4,
  }),
  crm: (context) => ({
    tasks: { ...connectionTasks(context), key_operation: keyOperation(context) },
    concurrentJobs: 4,
  }),
  janitor: () => ({
    tasks: { clean_up: cleanUp, audit_months: auditMonths, delete_workspaces: deleteWorkspaces },
    crontab: `${cleanUpCrontab}\n${auditMonthsCrontab}\n${deleteWorkspacesCrontab}`,
    concurrentJobs: 1,
  }),
  notary: (context) => ({
    tasks: {
      seal: sealTask(context),
      attest: attestTask(context),
      export_audit: exportAudit(context),
      subject_rewrap: subjectRewrap(context),
    },
    crontab: notaryCrontab,
    // Not a minute without seals because a notary was started.
    atStart: ["seal"],
    concurrentJobs: 4,
    // Sealing goes on until it is told to stop, and every task of its begins again where it was.
    interruptAfterMs: 100,
  }),
};
