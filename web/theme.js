// Light or dark before the first paint, so this one is no module. "" follows the system.
(() => {
  let chosen = "";
  try {
    chosen = localStorage.getItem("weir.theme") ?? "";
  } catch {
    // Storage may be forbidden.
  }
  if (chosen) document.documentElement.dataset.theme = chosen;
})();
