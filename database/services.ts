/** The worker services: one database login, one queue and a few grants each. */
export const services = ["identity", "opener", "mail_sync", "crm", "janitor", "notary"] as const;

/** A worker service's name; its login is `bulkhead_<name>`, its queue the schema `queue_<name>`. */
export type Service = (typeof services)[number];

/** Every database login of the running system. */
export const logins = [
  "bulkhead_api",
  "bulkhead_identity",
  "bulkhead_opener",
  "bulkhead_mail_sync",
  "bulkhead_mail_send",
  "bulkhead_crm",
  "bulkhead_ai",
  "bulkhead_billing",
  "bulkhead_notary",
  "bulkhead_janitor",
  "bulkhead_auditor",
  "bulkhead_deploy",
] as const;

/** A login's name. */
export type Login = (typeof logins)[number];

/** The queue schema of a service. */
export function queueSchema(service: Service): string {
  return `queue_${service}`;
}
