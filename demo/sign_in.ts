/**
 * Signs in as one of the demo's people, the way a browser does: same addresses, same cookies, no shortcut on our side.
 * Only the development stand-in lets its page be skipped (`X-Standin-Approve`); the real provider does not.
 *
 * @param publicUrl origin of the running API
 * @param organization the one to sign in to, for a person of several
 * @returns an access token and when it expires
 * @throws {Error} naming the step and the server's code
 */
export async function signInAs(
  publicUrl: string,
  email: string,
  organization?: string,
): Promise<{ accessToken: string; expiresAt: string }> {
  const { origin } = new URL(publicUrl);
  const cookies = new Map<string, string>();

  async function request(url: string, init: RequestInit = {}): Promise<Response> {
    const own = new URL(url).origin === origin;
    const headers = new Headers(init.headers);
    // Our cookies are for us, the stand-in's header for the stand-in.
    if (own) headers.set("Cookie", [...cookies].map(([name, value]) => `${name}=${value}`).join("; "));
    else headers.set("X-Standin-Approve", "1");
    const response = await fetch(url, { ...init, headers, redirect: "manual" }).catch(() => {
      throw new Error(
        `nothing answers at ${new URL(url).origin}: is the system running, and on that port (--url)?`,
      );
    });
    for (const cookie of own ? response.headers.getSetCookie() : []) {
      const [pair = "", ...attributes] = cookie.split("; ");
      const [name = "", value = ""] = pair.split("=");
      if (attributes.includes("Max-Age=0")) cookies.delete(name);
      else cookies.set(name, value);
    }
    return response;
  }

  async function follow(step: string, url: string): Promise<string> {
    const response = await request(url, { headers: { Accept: "application/json" } });
    const location = response.headers.get("Location");
    if (location === null) throw new Error(`${step}: ${await reasonOf(response)}`);
    await response.body?.cancel();
    return new URL(location, url).href;
  }

  const start = new URL("/auth/sign-in", origin);
  start.searchParams.set("login_hint", email);
  if (organization) start.searchParams.set("organization", organization);
  const authorize = await follow("starting the sign-in", start.href);
  const callback = await follow("signing in at the provider", authorize);
  await follow("coming back from the provider", callback);
  const refreshed = await request(new URL("/auth/refresh", origin).href, {
    method: "POST",
    headers: { "Content-Type": "application/json", Origin: origin },
    body: "{}",
  });
  if (!refreshed.ok) throw new Error(`fetching an access token: ${await reasonOf(refreshed)}`);
  const tokens = (await refreshed.json()) as { access_token: string; expires_at: string };
  return { accessToken: tokens.access_token, expiresAt: tokens.expires_at };
}

async function reasonOf(response: Response): Promise<string> {
  const body = (await response.json().catch(() => null)) as {
    error?: { code?: string; message?: string };
  } | null;
  return body?.error ? `${body.error.message} (${body.error.code})` : `status ${response.status}`;
}
