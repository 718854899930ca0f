// Times for people: "12 s ago", the full instant as title.
import { h } from "./dom.js";

const UNITS = [
  [86400, "d", 3600, "h"],
  [3600, "h", 60, "min"],
  [60, "min", 1, "s"],
];

/// "0.4 s", "12 s", "3 min 5 s", "2 h 10 min", "3 d 4 h"
export function span(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  const s = Math.max(0, seconds);
  if (s < 0.01) return `${(s * 1000).toFixed(1)} ms`;
  if (s < 1) return `${Math.round(s * 1000)} ms`;
  if (s < 10) return `${s.toFixed(1)} s`;
  const whole = Math.round(s);
  if (whole < 60) return `${whole} s`;
  for (const [big, name, small, small_name] of UNITS) {
    if (whole < big) continue;
    const rest = Math.floor((whole % big) / small);
    return `${Math.floor(whole / big)} ${name}${rest && whole < 10 * big ? ` ${rest} ${small_name}` : ""}`;
  }
  return `${whole} s`;
}

/// Of beats: "0.4 s", always in the same unit while all is well.
export const age = (s) => (Number.isFinite(s) && s < 10 ? `${Math.max(0, s).toFixed(1)} s` : span(s));

export const seconds = (from, to = Date.now()) => (new Date(to) - new Date(from)) / 1000;

/// Rounded, so that ages do not flicker: "12 s ago", "5 min ago", "in 2 h 10 min".
export function relative(instant, now = Date.now()) {
  const ahead = (new Date(instant) - now) / 1000;
  if (Number.isNaN(ahead)) return String(instant);
  const far = Math.trunc(Math.abs(ahead));
  if (far < 1) return "now";
  const text = far < 60 ? `${far} s` : far < 3600 ? `${Math.floor(far / 60)} min` : span(far);
  return ahead > 0 ? `in ${text}` : `${text} ago`;
}

/// "2026-11-27 22:04:53" in the browser's zone.
export function local(instant) {
  const at = new Date(instant);
  if (Number.isNaN(at.getTime())) return String(instant);
  const two = (n) => String(n).padStart(2, "0");
  return (
    `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ` +
    `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
  );
}

/// An element that says how long ago, or in how long.
export function ago(instant) {
  if (!instant) return h("span", { class: "dim" }, "–");
  return h("time", { datetime: instant, title: `${instant}\n${local(instant)} here` }, relative(instant));
}
