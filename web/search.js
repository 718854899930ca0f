// The search for tasks: words like state:failed, name:mail, key:"a b"; a bare number is an id, a bare word a name.

export const FIELDS = ["state", "name", "key", "stream"];
const STATES = ["ready", "in_progress", "retry", "done", "failed", "cancelled"];

const words = (text) =>
  [...text.matchAll(/(?:(\w+):)?(?:"((?:[^"\\]|\\.)*)"|(\S+))/g)].map(([, field, quoted, plain]) => [
    field,
    quoted === undefined ? plain : quoted.replace(/\\(.)/g, "$1"),
  ]);

/// {filter}, {id} or {problem}.
export function parseSearch(text) {
  const filter = {};
  for (const [field, value] of words(text)) {
    if (field === undefined && /^\d+$/.test(value)) return { id: value };
    if (field === "id") return /^\d+$/.test(value) ? { id: value } : { problem: `id:${value} is no number` };
    const name = field ?? "name";
    if (!FIELDS.includes(name))
      return { problem: `there is no ${name}: to search by; there are ${FIELDS.join(", ")} and id` };
    if (filter[name] !== undefined) return { problem: `${name}: stands there twice` };
    filter[name] = value;
    if (name !== "state") continue;
    const wrong = value
      .toLowerCase()
      .split(",")
      .find((s) => !STATES.includes(s));
    if (wrong !== undefined) return { problem: `there is no state ${wrong}; there are ${STATES.join(", ")}` };
    filter.state = value.toLowerCase();
  }
  return { filter: Object.fromEntries(FIELDS.filter((f) => f in filter).map((f) => [f, filter[f]])) };
}

const quoted = (value) => (/^[^\s"\\]+$/.test(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`);

export const searchText = (filter) =>
  FIELDS.filter((f) => filter[f])
    .map((f) => `${f}:${quoted(filter[f])}`)
    .join(" ");
