// Elements from plain values: h() describes, draw() makes the document say it and touches only what differs, so that
// focus, selection and scrolling stay while pages are drawn anew every second. Text is always text, never markup.

const SVG = "http://www.w3.org/2000/svg";
const AS_PROPERTY = new Set(["value", "checked", "disabled", "indeterminate", "open", "selected"]);

export function h(tag, props, ...children) {
  const all = children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false && c !== true);
  return { tag, props: props ?? {}, children: all };
}

function set(element, name, value, before) {
  if (name === "key" || value === before) return;
  if (name.startsWith("on")) {
    element[name] = value ?? null;
  } else if (name === "style") {
    for (const [key, text] of Object.entries(value ?? {})) element.style.setProperty(key, text);
  } else if (AS_PROPERTY.has(name)) {
    element[name] = value ?? (name === "value" ? "" : false);
  } else if (value === null || value === undefined || value === false) {
    element.removeAttribute(name);
  } else {
    element.setAttribute(name, value === true ? "" : String(value));
  }
}

function apply(element, next, before) {
  for (const name of Object.keys(before.props))
    if (!(name in next.props)) set(element, name, undefined, before.props[name]);
  for (const [name, value] of Object.entries(next.props)) {
    if (name !== "value") set(element, name, value, before.props[name]);
  }
  children(element, next.children);
  // After the options of a select, or it would choose nothing.
  if ("value" in next.props) set(element, "value", next.props.value, before.props.value);
  element.drawn = next;
}

function make(parent, wanted) {
  if (typeof wanted !== "object") return document.createTextNode(String(wanted));
  const svg = wanted.tag === "svg" || parent.namespaceURI === SVG;
  const element = svg ? document.createElementNS(SVG, wanted.tag) : document.createElement(wanted.tag);
  apply(element, wanted, { props: {}, children: [] });
  return element;
}

function fits(node, wanted) {
  if (typeof wanted !== "object") return node.nodeType === Node.TEXT_NODE;
  return node.drawn !== undefined && node.drawn.tag === wanted.tag && node.drawn.props.key === wanted.props.key;
}

function children(parent, wanted) {
  const keyed = new Map();
  for (const node of parent.childNodes) {
    const key = node.drawn?.props.key;
    if (key !== undefined) keyed.set(key, node);
  }
  let at = parent.firstChild;
  for (const each of wanted) {
    const key = each.props?.key;
    let node = null;
    if (key !== undefined) {
      const known = keyed.get(key);
      if (known && fits(known, each)) node = known;
    } else if (at && fits(at, each)) {
      node = at;
    }
    if (node) {
      if (typeof each !== "object") {
        if (node.data !== String(each)) node.data = String(each);
      } else {
        apply(node, each, node.drawn);
      }
    } else {
      node = make(parent, each);
    }
    if (node === at) at = at.nextSibling;
    else parent.insertBefore(node, at);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

/// Makes the children of `parent` what `wanted` (one description or a list) says.
export function draw(parent, wanted) {
  children(
    parent,
    [wanted].flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false),
  );
}
