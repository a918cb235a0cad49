import vm from "node:vm";
import { expect, test } from "vitest";
import { explorerParts } from "../../api/http/explorer_page.ts";

/** The page's own script, in a window of ours. */
function openPage(answer: object) {
  const sent: string[] = [];
  const added: { textContent?: string; href?: string }[] = [];
  const asked: string[] = [];
  class WebSocket {
    send(data: string) {
      sent.push(data);
    }
  }
  const window: any = {
    WebSocket,
    async fetch(input: string) {
      asked.push(input);
      const body =
        input === "/auth/refresh"
          ? { access_token: "token-of-the-page", expires_at: new Date(Date.now() + 600_000).toISOString() }
          : answer;
      return new Response(JSON.stringify(body));
    },
  };
  const document = {
    addEventListener: () => {},
    getElementById: () => null,
    createElement: () => ({}),
    querySelector: () => ({ after: (element: object) => added.push(element) }),
  };
  const context = vm.createContext({
    window,
    document,
    navigator: { locks: { request: (_name: string, work: () => unknown) => work() } },
    location: new URL("http://127.0.0.1:5678/"),
    URL,
    Headers,
    Request,
    Response,
    Date,
    JSON,
  });
  vm.runInContext(/<script>(.*)<\/script>/s.exec(explorerParts.headerScripts(""))![1]!, context);
  return { window, sent, added, asked };
}

test("the explorer's WebSocket says who is signed in, in its first message and nowhere else", async () => {
  const page = openPage({});
  const socket = new page.window.WebSocket("ws://127.0.0.1:5678/graphql");
  socket.send(JSON.stringify({ type: "connection_init" }));
  socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query: "{ connection_init }" } }));
  await expect.poll(() => page.sent.length).toBe(2);
  const messages = page.sent.map((text) => JSON.parse(text));
  expect(messages).toContainEqual({
    type: "connection_init",
    payload: { authorization: "Bearer token-of-the-page" },
  });
  expect(messages).toContainEqual({
    id: "1",
    type: "subscribe",
    payload: { query: "{ connection_init }" },
  });
});

test.each([
  ["https://accounts.google.com/o/oauth2/v2/auth?x=1", 1],
  ["javascript:alert(1)", 0],
])("the explorer offers a link to the consent screen at %s: %i", async (authorizeUrl, count) => {
  const page = openPage({ data: { startConnection: { authorizeUrl } } });
  const answer = await page.window.fetch("/graphql", { method: "POST" });
  expect(await answer.json()).toEqual({ data: { startConnection: { authorizeUrl } } });
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(page.added).toHaveLength(count);
  if (count)
    expect(page.added[0]).toMatchObject({
      href: authorizeUrl,
      textContent: "Consent at accounts.google.com",
    });
});
