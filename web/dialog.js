// Questions over the page: one at a time. Each says what it does before it is done; a refusal stays in view.
import { draw, h } from "./dom.js";
import { button, problem } from "./parts.js";

let open = null;

export function closeDialog() {
  open?.close();
}

/// `view(redraw)` gives what is inside. @return redraw; `closed` is called in the end, however it ends.
export function showDialog(title, view, { closed, wide } = {}) {
  closeDialog();
  const box = document.createElement("dialog");
  box.className = wide ? "wide" : "";
  box.setAttribute("aria-label", title);
  const again = () =>
    draw(box, [
      h(
        "header",
        null,
        h("h2", null, title),
        h("button", { type: "button", class: "plain", "aria-label": "Close", onclick: () => box.close() }, "×"),
      ),
      view(again),
    ]);
  box.addEventListener("close", () => {
    box.remove();
    if (open === box) open = null;
    closed?.();
  });
  box.addEventListener("click", (e) => {
    if (e.target === box) box.close();
  });
  document.body.append(box);
  open = box;
  again();
  box.showModal();
  return again;
}

export function field(label, input, hint) {
  return h("label", { class: "field" }, h("span", null, label), input, hint && h("small", null, hint));
}

/// A form with what an action does (`text`), its fields, and the button that does it.
/// `run(values)` gets the form's fields by name; what it throws is shown. `done(result)` follows a good end.
export function askTo(wanted) {
  const { title, text, fields = () => [], run, done, again, danger } = wanted;
  let why = null;
  let busy = false;
  const redraw = showDialog(title, (me) =>
    h(
      "form",
      {
        method: "dialog",
        onsubmit: async (e) => {
          e.preventDefault();
          if (busy) return;
          const values = Object.fromEntries(new FormData(e.target));
          busy = true;
          why = null;
          me();
          try {
            const result = await run(values);
            closeDialog();
            done?.(result);
          } catch (problem) {
            why = problem;
          }
          busy = false;
          me();
        },
      },
      h("p", { class: "says" }, typeof text === "function" ? text() : text),
      fields(() => me()),
      why && problem(why),
      h(
        "footer",
        null,
        why?.status === 409 &&
          again &&
          button("Look again", () => {
            closeDialog();
            again();
          }),
        button("Cancel", closeDialog, { kind: "plain" }),
        h("button", { type: "submit", class: danger ? "danger" : "main", disabled: busy }, busy ? "…" : wanted.verb),
      ),
    ),
  );
  return redraw;
}

let timer = 0;
/// A word about what was done, for some seconds, also for those who listen.
export function tell(text) {
  const place = document.getElementById("said");
  draw(place, h("p", { class: "toast" }, text));
  clearTimeout(timer);
  timer = setTimeout(() => draw(place, []), 6000);
}
