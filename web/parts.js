// What pages are put together from: states, tiles, tables, chips.
import { h } from "./dom.js";
import { link } from "./route.js";

export const count = (n) => Number(n).toLocaleString("en-US");

/// Counts are exact up to 10,000 a state.
export const counted = (n, capped) => (capped && n >= 10000 ? "10,000+" : count(n));

export const plural = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;

/// A state by colour and word; `word` as the API spells it.
export function state(word) {
  return h(
    "span",
    { class: `state s-${word.toLowerCase().replaceAll(" ", "-")}` },
    h("i", { "aria-hidden": "true" }),
    word.toLowerCase(),
  );
}

export function tile(label, value, { href, tone, title } = {}) {
  return h(
    href ? "a" : "div",
    { class: `tile ${tone ?? ""}`, href, title },
    h("span", { class: "label" }, label),
    h("strong", null, value),
  );
}

export const empty = (text, more) =>
  h("div", { class: "empty" }, h("p", null, text), more && h("p", { class: "dim" }, more));

/// `heads`: texts, or [text, class]; `rows`: h("tr") each.
export function table(label, heads, rows) {
  const head = heads.map((each) => {
    const [text, kind] = Array.isArray(each) ? each : [each, ""];
    return h("th", { scope: "col", class: kind }, text);
  });
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": label },
    h("table", null, h("thead", null, h("tr", null, head)), h("tbody", null, rows)),
  );
}

export const card = (title, ...inside) => h("section", { class: "card" }, title && h("h2", null, title), inside);

/// Pairs of a name and a value; those whose value is undefined are left out.
export function facts(pairs) {
  return h(
    "dl",
    { class: "facts" },
    pairs
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => h("div", null, h("dt", null, name), h("dd", null, value ?? "–"))),
  );
}

export const button = (text, onclick, { kind = "", disabled = false, title } = {}) =>
  h("button", { key: text, type: "button", class: kind, onclick, disabled, title }, text);

export const streamLink = (name) => h("a", { href: link("stream", name) }, name);
export const nodeLink = (name) => h("a", { href: link("node", name) }, name);
export const taskLink = (id) => h("a", { class: "mono", href: link("task", id) }, id);

export const pinIcon = () =>
  h(
    "svg",
    { class: "icon", viewBox: "0 0 16 16", "aria-hidden": "true" },
    h("path", {
      d:
        "M8 1C5.5 1 3.5 3 3.5 5.5 3.5 9 8 15 8 15s4.5-6 4.5-9.5C12.5 3 10.5 1 8 1z" +
        "m0 6a1.5 1.5 0 1 1 0-3 1.5 1.5 0 0 1 0 3z",
    }),
  );

/// "e9", or "e3–e7" of several.
export function epochs(numbers) {
  const low = Math.min(...numbers);
  const high = Math.max(...numbers);
  return low === high ? `e${low}` : `e${low}–e${high}`;
}

/// What the last minute was like; `values` oldest first.
export function sparkline(values, label) {
  const wide = 60;
  const top = Math.max(1, ...values);
  const points = values.map((v, i) => `${wide - values.length + i + 1},${(17 - (15 * v) / top).toFixed(1)}`).join(" ");
  return h(
    "svg",
    { class: "spark", viewBox: "0 0 62 18", role: "img", "aria-label": label },
    h("polyline", { points: values.length > 1 ? points : "" }),
  );
}

export function problem(why) {
  return h("p", { class: "problem", role: "alert" }, why.message);
}
