import type { ProviderRule } from "../rules.ts";

const graph = ["graph.microsoft.com"];
const id = "[0-9A-Za-z_=-]{1,512}";
const list = ["$select", "$top", "$skip", "$skiptoken", "$deltatoken", "$filter", "$orderby", "$expand"];

/** Microsoft: sign-in to a mailbox, and Graph for its messages, folders and change notifications. No settings, no rules. */
export const microsoftRule: ProviderRule = {
  provider: "microsoft",
  company: "Microsoft Corporation",
  purpose: "Connected Microsoft 365 mailboxes: sync, send",
  data: "Mail of connected mailboxes",
  operations: [
    {
      name: "token",
      method: "POST",
      hosts: ["login.microsoftonline.com"],
      path: /^\/[0-9A-Za-z.-]{1,100}\/oauth2\/v2\.0\/token$/,
    },
    { name: "who_am_i", method: "GET", hosts: graph, path: /^\/oidc\/userinfo$/ },
    { name: "messages.list", method: "GET", hosts: graph, path: /^\/v1\.0\/me\/messages$/, query: list },
    {
      name: "messages.delta",
      method: "GET",
      hosts: graph,
      path: new RegExp(`^/v1\\.0/me/mailFolders/${id}/messages/delta$`),
      query: list,
    },
    {
      name: "messages.get",
      method: "GET",
      hosts: graph,
      path: new RegExp(`^/v1\\.0/me/messages/${id}$`),
      query: list,
    },
    {
      name: "messages.get_mime",
      method: "GET",
      hosts: graph,
      path: new RegExp(`^/v1\\.0/me/messages/${id}/\\$value$`),
      maxBytes: 50 * 1024 * 1024,
    },
    { name: "messages.draft", method: "POST", hosts: graph, path: /^\/v1\.0\/me\/messages$/ },
    {
      name: "messages.send",
      method: "POST",
      hosts: graph,
      path: new RegExp(`^/v1\\.0/me/messages/${id}/send$`),
    },
    { name: "folders.list", method: "GET", hosts: graph, path: /^\/v1\.0\/me\/mailFolders$/, query: list },
    { name: "subscriptions.create", method: "POST", hosts: graph, path: /^\/v1\.0\/subscriptions$/ },
    {
      name: "subscriptions.renew",
      method: "PATCH",
      hosts: graph,
      path: new RegExp(`^/v1\\.0/subscriptions/${id}$`),
    },
    {
      name: "subscriptions.delete",
      method: "DELETE",
      hosts: graph,
      path: new RegExp(`^/v1\\.0/subscriptions/${id}$`),
    },
  ],
};
