/** What a person's browser does at a consent screen: keeps cookies by host, follows redirects, presses a button. */
export function openBrowser(jar = new Map<string, string>()) {
  async function request(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set("cookie", [...jar].map(([name, value]) => `${name}=${value}`).join("; "));
    const response = await fetch(url, { ...init, headers, redirect: "manual" });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie)!;
      if (/max-age=0|1970/i.test(cookie)) jar.delete(name!);
      else jar.set(name!, value!);
    }
    return response;
  }

  /** @returns the address that the product sent the browser to in the end */
  async function consent(authorizeUrl: string, account: string, product: string): Promise<string> {
    let next = new URL(authorizeUrl);
    let form: URLSearchParams | undefined;
    for (let hop = 0; hop < 10; hop += 1) {
      const response = await request(next, form ? { method: "POST", body: form } : {});
      const text = await response.text();
      const location = response.headers.get("location");
      if (location) {
        const target = new URL(location, next);
        if (next.origin === product) return target.href;
        next = target;
        form = undefined;
        continue;
      }
      const action = /<form method="post" action="([^"]+)"/.exec(text)?.[1];
      if (!action || form) throw new Error(`no way on: status ${response.status} ${text.slice(0, 200)}`);
      form = new URLSearchParams({
        ticket: /name="ticket" value="([^"]+)"/.exec(text)?.[1] ?? "",
        account,
      });
      next = new URL(action, next);
    }
    throw new Error("redirected for ever");
  }

  return { request, consent };
}
