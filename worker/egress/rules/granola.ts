import type { ProviderRule } from "../rules.ts";

const hosts = ["public-api.granola.ai"];

/** Granola: reading notes with a person's own API key. */
export const granolaRule: ProviderRule = {
  provider: "granola",
  company: "Granola, Inc.",
  purpose: "Connected Granola accounts: reading notes",
  data: "None: data is read from there, none is sent",
  operations: [
    {
      name: "notes.list",
      method: "GET",
      hosts,
      path: /^\/v1\/notes$/,
      query: ["created_after", "updated_after", "cursor", "page_size"],
    },
    {
      name: "notes.get",
      method: "GET",
      hosts,
      path: /^\/v1\/notes\/[0-9A-Za-z_-]{1,64}$/,
      query: ["include"],
      maxBytes: 50 * 1024 * 1024,
    },
  ],
};
