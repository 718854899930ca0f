// The menu of narrow screens. Without scripts the navigation simply stands above the text.
"use strict";
document.documentElement.classList.add("scripted");
const menu = document.querySelector("button.menu");
const pages = document.querySelector("nav.pages");

function open_menu(open) {
  menu.setAttribute("aria-expanded", String(open));
  document.body.classList.toggle("choosing", open);
}

menu.addEventListener("click", () => open_menu(menu.getAttribute("aria-expanded") === "false"));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") open_menu(false);
});

// The present page is in sight, however long the list is.
const present = pages.querySelector("[aria-current]");
if (present && present.offsetTop > pages.clientHeight - 80) pages.scrollTop = present.offsetTop - pages.clientHeight / 2;
