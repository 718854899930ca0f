// Talking to the API: addresses below the page's own, the token, problems as errors with their code.

const base = new URL("api/v1/", new URL(".", document.baseURI));
const KEY = "weir.token";
const asked = new EventTarget();

export class Problem extends Error {
  constructor(status, code, detail) {
    super(detail);
    this.status = status;
    this.code = code;
  }
}

export const token = {
  get: () => sessionStorage.getItem(KEY) ?? "",
  set: (text) => sessionStorage.setItem(KEY, text),
  forget: () => sessionStorage.removeItem(KEY),
};

/// `heard` is called when the API wants a token, or another one.
export const onTokenAsked = (heard) => asked.addEventListener("asked", heard);

/// A path of the API from segments; each is encoded, a verb follows after a colon: path("tasks", id, ":cancel").
export function path(...segments) {
  const verb = segments.at(-1)?.startsWith?.(":") ? segments.pop() : "";
  return segments.map((s) => encodeURIComponent(s)).join("/") + verb;
}

async function problemOf(reply) {
  let told = {};
  try {
    told = JSON.parse(await reply.text());
  } catch {
    // Not ours: a proxy's page, perhaps.
  }
  return new Problem(reply.status, told.code ?? "unknown", told.detail ?? `the server answered ${reply.status}`);
}

/// A reply whose status is good. Throws Problem; status 0 = nobody answered.
export async function send(method, where, { query, body, signal } = {}) {
  const address = new URL(`./${where}`, base); // "tasks:bulk" alone would be a scheme
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== "") address.searchParams.set(name, value);
  }
  const headers = {};
  if (token.get()) headers.Authorization = `Bearer ${token.get()}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let reply;
  try {
    const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
    reply = await fetch(address, {
      method,
      headers,
      body: text,
      signal,
      cache: "no-store",
      credentials: "same-origin",
    });
  } catch (why) {
    if (why.name === "AbortError") throw why;
    throw new Problem(0, "unreachable", "the node does not answer");
  }
  if (reply.ok) return reply;
  const problem = await problemOf(reply);
  if (reply.status === 401) asked.dispatchEvent(new Event("asked"));
  throw problem;
}

export const getText = async (where, options) => (await send("GET", where, options)).text();
export const get = async (where, options) => JSON.parse(await getText(where, options));
export const post = async (where, body) => JSON.parse((await (await send("POST", where, { body })).text()) || "null");
