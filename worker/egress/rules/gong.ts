import type { ProviderRule } from "../rules.ts";

/** Gong: sign-in, and reading calls and their transcripts. Gong asks for its filters in a POST: it reads all the same. */
export const gongRule: ProviderRule = {
  provider: "gong",
  company: "Gong.io Inc.",
  purpose: "Connected Gong organizations: reading calls",
  data: "None: data is read from there, none is sent",
  operations: [
    { name: "token", method: "POST", hosts: ["app.gong.io"], path: /^\/oauth2\/generate-customer-token$/ },
    {
      name: "calls.list",
      method: "GET",
      hosts: ["*.api.gong.io"],
      path: /^\/v2\/calls$/,
      query: ["fromDateTime", "toDateTime", "cursor", "workspaceId"],
    },
    {
      name: "calls.transcript",
      method: "POST",
      hosts: ["*.api.gong.io"],
      path: /^\/v2\/calls\/transcript$/,
      maxBytes: 50 * 1024 * 1024,
    },
    { name: "users.list", method: "GET", hosts: ["*.api.gong.io"], path: /^\/v2\/users$/, query: ["cursor"] },
  ],
};
