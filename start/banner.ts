import { demoPeople, demoWorkspaces } from "../demo/people.ts";
import type { Development } from "./development.ts";

/** What a person sees when the system runs: where to look, how to sign in, what to try first. */
export function banner(system: Development, tookMs: number): string {
  // The command's own default is the usual port.
  const where = new URL(system.apiUrl).port === "5678" ? "" : ` --url ${system.apiUrl}`;
  const people = demoWorkspaces.map((workspace) => {
    const person = demoPeople.find((candidate) => candidate.email === workspace.owner)!;
    const link = `${system.apiUrl}/auth/sign-in?login_hint=${encodeURIComponent(person.email)}&organization=${workspace.organizationId}&return_to=/`;
    return [
      `    ${person.firstName} (${person.email}), ${workspace.name}`,
      `      click    ${link}`,
      `      command  npm run --silent cli -- sign-in ${person.email}${where}`,
    ].join("\n");
  });
  return `
  Bulkhead runs (${(tookMs / 1000).toFixed(1)} s).

  GraphQL    ${system.apiUrl}/graphql
  Explorer   ${system.apiUrl}/
  Database   psql '${system.auditorUrl}'   (the DBA's login: catalogs and checks, no tenant data)

  Sign in as
${people.join("\n")}

  Try first, in the explorer:
    { messages(first: 5, orderBy: SORT_AT_DESC) { nodes { subject from { name address } body } } }
  The same query as the other person shows another company's mail, and never this one's.

  Connect an account: docs/connections.md tells each provider step by step. Google, Microsoft, Nylas, Salesforce, Gong and
  Granola have stand-ins; a raw mailbox has SMTP at 127.0.0.1:${system.mail.smtp} and IMAP at 127.0.0.1:${system.mail.imap}. None of it leaves this machine.
`;
}
