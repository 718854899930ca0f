// Where we are: the fragment of the address. "#/tasks?state=failed" is page "tasks" with parameters, "#/task/12" has
// a name. Every filter is in it, so that a link shows what its sender saw.

function plain(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // written by hand, and wrong
  }
}

export function here() {
  const [where, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [page, ...rest] = where.split("/");
  const name = rest.length ? plain(rest.join("/")) : null;
  return { page: plain(page) || "cluster", name, query: new URLSearchParams(query) };
}

/// An address for href. `query`: empty values are left out.
export function link(page, name, query) {
  const values = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) if (value) values.set(key, value);
  const tail = values.toString();
  const named = name === undefined || name === null ? "" : `/${encodeURIComponent(name)}`;
  return `#/${page}${named}${tail ? `?${tail}` : ""}`;
}

export function go(address) {
  location.hash = address.replace(/^#/, "");
}
