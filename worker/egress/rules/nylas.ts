import type { ProviderRule } from "../rules.ts";

const hosts = ["api.us.nylas.com", "api.eu.nylas.com"];
const grant = "/v3/grants/[0-9A-Za-z-]{1,64}";
const id = "[0-9A-Za-z_=%+-]{1,512}";
const list = [
  "limit",
  "page_token",
  "select",
  "fields",
  "thread_id",
  "received_after",
  "received_before",
  "in",
  "unread",
];

/** Nylas: mailboxes by way of Nylas' own consent. The API key opens every grant, so only grants' mail is here. */
export const nylasRule: ProviderRule = {
  provider: "nylas",
  company: "Nylas, Inc.",
  purpose: "Connected mailboxes by way of Nylas: sync, send",
  data: "Mail of connected mailboxes",
  operations: [
    { name: "token", method: "POST", hosts, path: /^\/v3\/connect\/token$/ },
    { name: "who_am_i", method: "GET", hosts, path: new RegExp(`^${grant}$`) },
    { name: "revoke", method: "DELETE", hosts, path: new RegExp(`^${grant}$`) },
    { name: "messages.list", method: "GET", hosts, path: new RegExp(`^${grant}/messages$`), query: list },
    {
      name: "messages.get",
      method: "GET",
      hosts,
      path: new RegExp(`^${grant}/messages/${id}$`),
      query: ["fields", "select"],
      maxBytes: 50 * 1024 * 1024,
    },
    { name: "messages.send", method: "POST", hosts, path: new RegExp(`^${grant}/messages/send$`) },
    { name: "threads.list", method: "GET", hosts, path: new RegExp(`^${grant}/threads$`), query: list },
    { name: "folders.list", method: "GET", hosts, path: new RegExp(`^${grant}/folders$`), query: list },
  ],
};
