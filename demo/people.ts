/** The sign-in provider's organizations of the demo: one workspace each. */
export const demoOrganizations = [
  { id: "org_harbour_logistics", name: "Harbour Logistics" },
  { id: "org_lighthouse_legal", name: "Lighthouse Legal" },
];

/** The people who can sign in to the demo, as the sign-in stand-in knows them. */
export const demoPeople = [
  person("olivia.owner@harbour.example.com", "Olivia", "Owner", "org_harbour_logistics"),
  person("victor.viewer@harbour.example.com", "Victor", "Viewer", "org_harbour_logistics"),
  person("liam.owner@lighthouse.example.com", "Liam", "Owner", "org_lighthouse_legal"),
  person("anna.analyst@lighthouse.example.com", "Anna", "Analyst", "org_lighthouse_legal"),
];

/** A workspace of the demo: whom it begins with, and where its mail is. */
export const demoWorkspaces = [
  {
    name: "Harbour Logistics",
    organizationId: "org_harbour_logistics",
    owner: "olivia.owner@harbour.example.com",
    invited: [{ email: "victor.viewer@harbour.example.com", role: "viewer" }],
    inbox: "Operations",
    folder: "harbour",
  },
  {
    name: "Lighthouse Legal",
    organizationId: "org_lighthouse_legal",
    owner: "liam.owner@lighthouse.example.com",
    invited: [{ email: "anna.analyst@lighthouse.example.com", role: "analyst" }],
    inbox: "Matters",
    folder: "lighthouse",
  },
];

function person(email: string, firstName: string, lastName: string, organizationId: string) {
  return { email, firstName, lastName, memberships: [{ organizationId }] };
}
