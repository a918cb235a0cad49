import { EgressError } from "../errors.ts";
import type { OutgoingCall, ProviderRule } from "../rules.ts";
import { salesforceObjects } from "../salesforce_objects.ts";
import { parseSoql } from "../soql.ts";

const login = ["login.salesforce.com", "test.salesforce.com", "*.my.salesforce.com"];
const instance = ["*.my.salesforce.com"];

/**
 * Salesforce: sign-in, and reading. There is no read-only scope at Salesforce, so it is made here: towards an instance
 * there is one verb, GET, and one resource, `query`, whose statement must parse and stay within the profile's objects.
 */
export const salesforceRule: ProviderRule = {
  provider: "salesforce",
  company: "Salesforce, Inc.",
  purpose: "Connected Salesforce organizations: reading only",
  data: "None: data is read from there, none is sent",
  operations: [
    { name: "token", method: "POST", hosts: login, path: /^\/services\/oauth2\/token$/ },
    { name: "revoke", method: "POST", hosts: login, path: /^\/services\/oauth2\/revoke$/ },
    { name: "who_am_i", method: "GET", hosts: login, path: /^\/services\/oauth2\/userinfo$/ },
    {
      name: "query",
      method: "GET",
      hosts: instance,
      path: /^\/services\/data\/v\d{2,3}\.0\/query$/,
      query: ["q"],
      check: checkQuery,
    },
    // The rest of an answer: Salesforce's own name for a query that it has accepted before.
    {
      name: "query_more",
      method: "GET",
      hosts: instance,
      path: /^\/services\/data\/v\d{2,3}\.0\/query\/[0-9A-Za-z]{15,18}-\d{1,9}$/,
    },
  ],
};

function checkQuery({ url, profile }: OutgoingCall): void {
  const statements = url.searchParams.getAll("q");
  const allowed = Object.hasOwn(salesforceObjects, profile)
    ? salesforceObjects[profile as keyof typeof salesforceObjects]
    : undefined;
  if (statements.length !== 1 || !allowed) throw new EgressError("EGRESS_QUERY_REFUSED");
  try {
    parseSoql(statements[0]!, allowed);
  } catch {
    throw new EgressError("EGRESS_QUERY_REFUSED");
  }
}
