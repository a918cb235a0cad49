import type { AuthError } from "./errors.ts";

const STYLE = `:root { color-scheme: light dark }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; box-sizing: border-box; font: 16px/1.5 system-ui, sans-serif }
main { max-width: 28rem }
h1 { font-size: 1.4rem; line-height: 1.25 }
code { font-size: .875rem; opacity: .75 }`;

const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** The page that a browser shows for a refusal. Made of our own constants: nothing of the request is in it. */
export function errorPage({ code, message, hint, status }: AuthError): { html: string; policy: string } {
  const again = status === 405 || status === 404 ? "" : `<p><a href="/auth/sign-in">Sign in</a></p>`;
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign-in stopped</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Sign-in stopped</h1>
<p role="alert">${sentence(message)}${hint === null ? "" : ` ${sentence(hint)}`}</p>
${again}
<p><code>${code}</code></p>
</main>
</body>
</html>
`;
  return { html, policy: POLICY };
}

function sentence(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}.`;
}
