// Search without a server: the index is a script that comes when somebody begins to search. A section is found if it
// has a word that begins with each word of the question; titles count more than text.
"use strict";
(() => {
  const root = document.querySelector("script[data-root]").dataset.root;
  const form = document.querySelector("form.search");
  const input = form.querySelector("input");
  const found = form.querySelector(".found");
  const most = 12;
  let rows = null;
  let asked = false;
  let chosen = -1;

  window.weir_search = (told) => {
    rows = told.map(([page, section, link, text]) => ({ page, section, link, text, low: text.toLowerCase() }));
    show();
  };

  function load() {
    if (asked) return;
    asked = true;
    const script = document.createElement("script");
    script.src = root + "search-index.js";
    document.head.append(script);
  }

  function starts(text, word) {
    for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1))
      if (at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1])) return at;
    return -1;
  }

  function weight(row, words) {
    let sum = 0;
    for (const word of words) {
      const parts = [[row.section || row.page, 20], [row.page, 8], [row.low, 1]];
      const hit = parts.find(([text]) => starts(text.toLowerCase(), word) >= 0);
      if (!hit) return 0;
      sum += hit[1];
    }
    return row.section ? sum : sum + 2;
  }

  function answers(question) {
    const words = question.toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length || !rows) return [];
    return rows
      .map((row, at) => ({ row, at, sum: weight(row, words), word: words[0] }))
      .filter((one) => one.sum > 0)
      .sort((a, b) => b.sum - a.sum || a.at - b.at)
      .slice(0, most);
  }

  function element(name, text) {
    const made = document.createElement(name);
    made.textContent = text;
    return made;
  }

  function line({ row, word }) {
    const link = element("a", "");
    link.href = root + row.link;
    link.append(element("b", row.section || row.page));
    if (row.section) link.append(element("small", row.page));
    link.append(element("span", around(row.text, Math.max(0, starts(row.low, word)))));
    return link;
  }

  // Whole words around a place.
  function around(text, at) {
    const from = at < 40 ? 0 : text.indexOf(" ", at - 40) + 1;
    const to = at + 100 > text.length ? text.length : text.lastIndexOf(" ", at + 100);
    return (from ? "… " : "") + text.slice(from, Math.max(to, at + 20)) + (to < text.length ? " …" : "");
  }

  function show() {
    const question = input.value.trim();
    const lines = answers(question);
    chosen = -1;
    found.replaceChildren(...(lines.length ? lines.map(line) : [element("p", rows ? "Nothing found" : "…")]));
    found.hidden = !question;
  }

  function choose(step) {
    const links = [...found.querySelectorAll("a")];
    if (!links.length) return;
    chosen = (chosen + step + links.length) % links.length;
    links.forEach((link, at) => link.classList.toggle("chosen", at === chosen));
    links[chosen].scrollIntoView({ block: "nearest" });
  }

  input.addEventListener("focus", load);
  input.addEventListener("input", () => { load(); show(); });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Escape") {
      input.value = "";
      show();
      input.blur();
    }
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const links = found.querySelectorAll("a");
    const link = links[Math.max(0, chosen)];
    if (link) location.href = link.href;
  });
  document.addEventListener("click", (event) => { if (!form.contains(event.target)) found.hidden = true; });
  found.addEventListener("click", () => { found.hidden = true; });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.target === input) return;
    event.preventDefault();
    input.focus();
  });
})();
