// JSON as text, never as numbers: JavaScript has 53 bits for them, tasks have more. Only strings and nesting are looked
// at; the text has passed a real parser before.

const BLANK = /\s/;

function skipBlanks(text, at) {
  while (at < text.length && BLANK.test(text[at])) ++at;
  return at;
}

// `at` is the opening quote; behind the closing one.
function skipString(text, at) {
  for (++at; at < text.length; ++at) {
    if (text[at] === "\\") ++at;
    else if (text[at] === '"') return at + 1;
  }
  return at;
}

function skipValue(text, at) {
  let depth = 0;
  while (at < text.length) {
    const c = text[at];
    if (c === '"') {
      at = skipString(text, at);
      if (depth === 0) return at;
      continue;
    }
    if (c === "{" || c === "[") ++depth;
    else if (c === "}" || c === "]") {
      if (depth === 0) return at;
      if (--depth === 0) return at + 1;
    } else if (depth === 0 && (c === "," || BLANK.test(c))) return at;
    ++at;
  }
  return at;
}

/// The raw text of a member of an object, null if it has none of that name.
export function member(text, name) {
  let at = skipBlanks(text, 0);
  if (text[at] !== "{") return null;
  at = skipBlanks(text, at + 1);
  while (at < text.length && text[at] === '"') {
    const end = skipString(text, at);
    const key = JSON.parse(text.slice(at, end));
    at = skipBlanks(text, skipBlanks(text, end) + 1);
    const stop = skipValue(text, at);
    if (key === name) return text.slice(at, stop);
    at = skipBlanks(text, stop);
    if (text[at] !== ",") return null;
    at = skipBlanks(text, at + 1);
  }
  return null;
}

/// The text laid out by two blanks a level, in pieces [kind, text]: kind is key, string, number, word or "".
export function pieces(text) {
  const out = [];
  let plain = "";
  let depth = 0;
  const flush = () => {
    if (plain) out.push(["", plain]);
    plain = "";
  };
  const line = () => (plain += "\n" + "  ".repeat(depth));
  let at = skipBlanks(text, 0);
  while (at < text.length) {
    const c = text[at];
    if (c === '"') {
      const end = skipString(text, at);
      flush();
      out.push([text[skipBlanks(text, end)] === ":" ? "key" : "string", text.slice(at, end)]);
      at = end;
    } else if (c === "{" || c === "[") {
      plain += c;
      const next = skipBlanks(text, at + 1);
      if (text[next] === "}" || text[next] === "]") {
        plain += text[next];
        at = next + 1;
      } else {
        ++depth;
        line();
        ++at;
      }
    } else if (c === "}" || c === "]") {
      --depth;
      line();
      plain += c;
      ++at;
    } else if (c === ",") {
      plain += c;
      line();
      ++at;
    } else if (c === ":") {
      plain += ": ";
      ++at;
    } else {
      let end = at;
      while (end < text.length && !/[\s,:\]}]/.test(text[end])) ++end;
      flush();
      const word = text.slice(at, end);
      out.push([/^[-\d]/.test(word) ? "number" : "word", word]);
      at = end;
    }
    at = skipBlanks(text, at);
  }
  flush();
  return out;
}

export const pretty = (text) =>
  pieces(text)
    .map(([, part]) => part)
    .join("");
