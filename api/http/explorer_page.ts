/**
 * What the explorer page adds to the stock one: a line that says who is signed in, and a script that gives each request
 * that person's access token. The refresh token stays in its HttpOnly cookie; the access token lives in this page only.
 */
export const explorerParts = {
  titleTag: "<title>Bulkhead · explorer</title>",
  styleTags: (stock: string) => `${stock}
<style>
  body { display: flex; flex-direction: column; height: 100vh; margin: 0; }
  #ruru-root { flex: 1; min-height: 0; height: auto !important; }
  #who { font: 14px/1.4 system-ui, sans-serif; padding: 8px 16px; display: flex; gap: 16px; align-items: center;
    background: #14324a; color: #fff; }
  #who strong { font-weight: 600; }
  #who a, #who button { color: #fff; background: none; border: 1px solid #6f93ad; border-radius: 6px; padding: 3px 12px;
    font: inherit; text-decoration: none; cursor: pointer; }
  #who a:hover, #who button:hover, #who a:focus-visible, #who button:focus-visible { background: #24506f; }
  #who span { flex: 1; }
</style>`,
  bodyContent: (stock: string) =>
    `<header id="who" role="status"><strong>Bulkhead</strong><span>…</span></header>${stock}`,
  headerScripts: (stock: string) => `${stock}<script>(${signedInRequests.toString()})()</script>`,
};

// Runs in the browser, before the explorer itself.
function signedInRequests(): void {
  const realFetch = window.fetch.bind(window);
  let token: string | null = null;
  let expiresAt = 0;
  const json = { "content-type": "application/json", "x-bulkhead-request": "explorer" };
  // Two refreshes at once would end the sign-in: all tabs take turns.
  const refresh = () =>
    navigator.locks.request("bulkhead.refresh", async () => {
      if (token && expiresAt - Date.now() > 30_000) return;
      const response = await realFetch("/auth/refresh", { method: "POST", headers: json, body: "{}" });
      const answer = response.ok ? await response.json() : null;
      token = answer?.access_token ?? null;
      expiresAt = answer ? Date.parse(answer.expires_at) : 0;
    });
  window.fetch = async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input, location.href);
    if (url.pathname !== "/graphql") return realFetch(input, init);
    if (!token || expiresAt - Date.now() < 30_000) await refresh();
    const headers = new Headers(init.headers);
    if (token && !headers.has("authorization")) headers.set("authorization", `Bearer ${token}`);
    const response = await realFetch(input, { ...init, headers });
    void response
      .clone()
      .json()
      .then(offerConsent, () => {});
    return response;
  };
  // A consent screen to go to: a link, since an address in an answer is only text.
  const offerConsent = (answer: any) => {
    const address = answer?.data?.startConnection?.authorizeUrl;
    if (!address || !/^https?:/.test(address)) return;
    document.getElementById("consent")?.remove();
    const link = document.createElement("a");
    link.id = "consent";
    link.href = address;
    link.textContent = `Consent at ${new URL(address).host}`;
    document.querySelector("#who span")!.after(link);
  };
  // A WebSocket takes no headers from a page: the first message says who it is.
  const RealWebSocket = window.WebSocket;
  window.WebSocket = class extends RealWebSocket {
    override send(data: string | Blob | BufferSource) {
      const message = typeof data === "string" && data.includes("connection_init") ? JSON.parse(data) : null;
      if (message?.type !== "connection_init") return super.send(data);
      void (token && expiresAt - Date.now() > 30_000 ? Promise.resolve() : refresh()).then(() =>
        super.send(
          JSON.stringify({ ...message, payload: { ...message.payload, authorization: `Bearer ${token}` } }),
        ),
      );
    }
  };
  const show = async () => {
    const bar = document.getElementById("who")!;
    const text = bar.querySelector("span")!;
    const query = "{ currentPerson { name email } currentWorkspace { name } }";
    const response = await window.fetch("/graphql", {
      method: "POST",
      headers: json,
      body: JSON.stringify({ query }),
    });
    const person = response.ok ? (await response.json()).data?.currentPerson : null;
    const again = document.createElement("a");
    again.href = "/auth/sign-in?return_to=/";
    if (person) {
      text.textContent = `Signed in as ${person.name || person.email}`;
      again.textContent = "Sign in as somebody else";
      const out = document.createElement("button");
      out.textContent = "Sign out";
      out.onclick = () =>
        realFetch("/auth/sign-out", { method: "POST", headers: json, body: "{}" }).then(() =>
          location.reload(),
        );
      bar.append(again, out);
    } else {
      text.textContent = "Not signed in: nothing of any workspace is shown.";
      again.textContent = "Sign in";
      bar.append(again);
    }
  };
  document.addEventListener("DOMContentLoaded", () => void show());
}
