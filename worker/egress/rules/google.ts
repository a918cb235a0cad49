import type { ProviderRule } from "../rules.ts";

const gmail = ["gmail.googleapis.com"];
const message = "/gmail/v1/users/me/messages/[0-9A-Za-z_-]{1,64}";
const MiB = 1024 * 1024;

/**
 * Google: sign-in to a mailbox, and Gmail for sync, send and labels.
 *
 * The scope that SMTP delivery needs (`https://mail.google.com/`) would also let its holder delete mail for good, set up
 * forwarding, filters and delegates. None of those calls is here, so none leaves.
 */
export const googleRule: ProviderRule = {
  provider: "google",
  company: "Google LLC",
  purpose: "Connected Gmail mailboxes: sync, send, labels",
  data: "Mail of connected mailboxes",
  operations: [
    { name: "token", method: "POST", hosts: ["oauth2.googleapis.com"], path: /^\/token$/ },
    { name: "revoke", method: "POST", hosts: ["oauth2.googleapis.com"], path: /^\/revoke$/ },
    { name: "who_am_i", method: "GET", hosts: ["openidconnect.googleapis.com"], path: /^\/v1\/userinfo$/ },
    { name: "profile", method: "GET", hosts: gmail, path: /^\/gmail\/v1\/users\/me\/profile$/ },
    {
      name: "messages.list",
      method: "GET",
      hosts: gmail,
      path: /^\/gmail\/v1\/users\/me\/messages$/,
      query: ["maxResults", "pageToken", "q", "labelIds", "includeSpamTrash"],
    },
    {
      name: "messages.get",
      method: "GET",
      hosts: gmail,
      path: new RegExp(`^${message}$`),
      query: ["format", "metadataHeaders"],
      maxBytes: 50 * MiB,
    },
    { name: "messages.modify", method: "POST", hosts: gmail, path: new RegExp(`^${message}/modify$`) },
    { name: "messages.send", method: "POST", hosts: gmail, path: /^\/gmail\/v1\/users\/me\/messages\/send$/ },
    {
      name: "history.list",
      method: "GET",
      hosts: gmail,
      path: /^\/gmail\/v1\/users\/me\/history$/,
      query: ["startHistoryId", "maxResults", "pageToken", "historyTypes", "labelId"],
    },
    { name: "labels.list", method: "GET", hosts: gmail, path: /^\/gmail\/v1\/users\/me\/labels$/ },
    { name: "labels.create", method: "POST", hosts: gmail, path: /^\/gmail\/v1\/users\/me\/labels$/ },
    { name: "watch", method: "POST", hosts: gmail, path: /^\/gmail\/v1\/users\/me\/watch$/ },
    { name: "stop", method: "POST", hosts: gmail, path: /^\/gmail\/v1\/users\/me\/stop$/ },
    { name: "drafts.create", method: "POST", hosts: gmail, path: /^\/gmail\/v1\/users\/me\/drafts$/ },
    {
      name: "drafts.get",
      method: "GET",
      hosts: gmail,
      path: /^\/gmail\/v1\/users\/me\/drafts\/[0-9A-Za-z_-]{1,64}$/,
      query: ["format"],
    },
    { name: "drafts.send", method: "POST", hosts: gmail, path: /^\/gmail\/v1\/users\/me\/drafts\/send$/ },
  ],
};
