import { activeMemberships } from "./state.ts";
import type { Pending, Reply, State, User } from "./types.ts";

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const STYLE = `
:root { color-scheme: light dark; --text: #16202c; --quiet: #556270; --line: #d5dbe3; --card: #fff; --back: #f1f4f8; --accent: #0b5cad; --note: #fff6db; --note-text: #5c4400; }
@media (prefers-color-scheme: dark) { :root { --text: #e8edf3; --quiet: #a5b1bf; --line: #364252; --card: #1a222d; --back: #10161e; --accent: #7ab8ff; --note: #3a3113; --note-text: #f7e3a1; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 2rem 1rem; background: var(--back); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 27rem; background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 2rem; box-shadow: 0 8px 30px rgb(0 0 0 / 8%); }
h1 { font-size: 1.4rem; line-height: 1.25; margin: 0 0 .25rem; }
p { margin: 0 0 1rem; color: var(--quiet); }
.note { background: var(--note); color: var(--note-text); border-radius: 8px; padding: .6rem .8rem; font-size: .875rem; margin: 0 0 1.25rem; }
fieldset { border: 0; padding: 0; margin: 1.25rem 0 0; min-width: 0; }
legend { padding: 0; font-size: .8125rem; font-weight: 600; color: var(--quiet); }
button { font: inherit; color: inherit; cursor: pointer; }
.person { display: flex; align-items: center; gap: .8rem; width: 100%; text-align: left; margin-top: .5rem; padding: .65rem .8rem; background: transparent; border: 1px solid var(--line); border-radius: 10px; }
.person:hover, .person.hinted { border-color: var(--accent); }
.person span { min-width: 0; overflow-wrap: anywhere; }
.person small { display: block; color: var(--quiet); }
.initials { flex: none; display: grid; place-items: center; width: 2.4rem; height: 2.4rem; border-radius: 50%; background: var(--accent); color: var(--card); font-weight: 600; }
.cancel { margin-top: 1.5rem; padding: .25rem 0; background: none; border: 0; color: var(--accent); text-decoration: underline; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
`;

const NOTE = "Development stand-in for WorkOS AuthKit. No password is asked for, and none is needed.";

function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<p class="note" role="note">${NOTE}</p>
<h1>${escape(title)}</h1>
${content}
</main>
</body>
</html>
`;
}

function personButton(user: User, organizationId: string, role: string, hinted: boolean): string {
  const { person } = user;
  const name = [person.firstName, person.lastName].filter(Boolean).join(" ") || person.email;
  const initials = name
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => [...word][0]?.toUpperCase() ?? "")
    .join("");
  return `<button class="person${hinted ? " hinted" : ""}" name="choice" value="${escape(`${user.id} ${organizationId}`)}"${hinted ? " autofocus" : ""}>
<span class="initials" aria-hidden="true">${escape(initials)}</span>
<span>${escape(name)} <small>${escape([person.email, role].filter(Boolean).join(" · "))}</small></span>
</button>`;
}

/** Where AuthKit would ask for an email: here one click on a demo person, grouped by organization. */
export function signInPage(state: State, ticket: string, pending: Pending): string {
  const users = [...state.users.values()];
  const isHinted = (user: User) => user.person.email.toLowerCase() === pending.loginHint?.toLowerCase();
  // Only one element may take the focus.
  let hintLeft = true;
  const hinted = (user: User) => {
    const first = isHinted(user) && hintLeft;
    if (first) hintLeft = false;
    return first;
  };
  const group = (legend: string, buttons: string[]) =>
    buttons.length === 0 ? "" : `<fieldset><legend>${escape(legend)}</legend>${buttons.join("")}</fieldset>`;
  const organizations = state.options.organizations
    .filter(({ id }) => pending.organizationId === null || id === pending.organizationId)
    .map(({ id, name }) =>
      group(
        name,
        users.flatMap((user) =>
          activeMemberships(user)
            .filter(({ organizationId }) => organizationId === id)
            .map(({ role }) => personButton(user, id, role ?? "member", hinted(user))),
        ),
      ),
    );
  const alone =
    pending.organizationId === null
      ? group(
          "Without an organization",
          users
            .filter((user) => activeMemberships(user).length === 0)
            .map((user) => personButton(user, "", "", hinted(user))),
        )
      : "";
  return page(
    "Choose who to sign in as",
    `<p>You go back to the application as soon as you choose.</p>
<form method="post" action="/standin/sign-in">
<input type="hidden" name="ticket" value="${escape(ticket)}">
${organizations.join("")}${alone}
<button class="cancel" name="choice" value="cancel">Cancel and go back</button>
</form>`,
  );
}

export function errorPage(reason: string): Reply {
  return { status: 400, html: page("This sign-in cannot go on", `<p role="alert">${escape(reason)}</p>`) };
}

export function signedOutPage(): Reply {
  return { status: 200, html: page("You are signed out", "<p>You can close this page.</p>") };
}
