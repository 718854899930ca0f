// A browser, and pages of the dashboard in it that hold everything odd against the test: errors of scripts, refusals by
// the content security policy, what overflows.
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

export const PHONE = { width: 390, height: 844 };
export const DESK = { width: 1280, height: 760 };

const WANTED = /Failed to load resource/; // what the API refuses, or a node that is down, on purpose

export class Browser {
  static async start() {
    const made = new Browser();
    made.program = await chromium.launch({
      executablePath: process.env.WEIR_CHROMIUM ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu"],
    });
    return made;
  }

  /// A window of its own, with its own storage, unless `beside` is a page whose window it shares.
  async open(address, { token, dark = false, size = DESK, beside } = {}) {
    const context =
      beside?.context() ??
      (await this.program.newContext({
        colorScheme: dark ? "dark" : "light",
        viewport: size,
        reducedMotion: "reduce",
      }));
    const page = await context.newPage();
    page.setDefaultTimeout(15000);
    page.wrong = [];
    page.on("pageerror", (why) => page.wrong.push(String(why.stack)));
    page.on("console", (line) => line.type() === "error" && !WANTED.test(line.text()) && page.wrong.push(line.text()));
    if (token)
      await page.addInitScript(
        (text) => location.protocol === "http:" && sessionStorage.setItem("weir.token", text),
        token,
      );
    await page.goto(address);
    return page;
  }

  async stop() {
    await this.program?.close();
  }
}

export function nothingWrong(page) {
  assert.deepEqual(page.wrong, [], "errors in the browser's console");
}

/// To a page of the dashboard, without loading all anew.
export async function turnTo(page, hash) {
  await page.evaluate((h) => (location.hash = h), hash);
  await page.locator(`main[data-at=${JSON.stringify(hash)}]`).waitFor();
}

export const live = (page) => page.locator(".link-state.live").waitFor();

/// Presses an action of the page and the button of its dialog.
export async function act(page, action, verb, fill = async () => {}) {
  await page.getByRole("button", { name: action }).first().click();
  await page.locator("dialog[open]").waitFor();
  await fill(page.locator("dialog[open]"));
  await page.locator("dialog[open] button[type=submit]").filter({ hasText: verb }).click();
  await page.locator("dialog").waitFor({ state: "detached" });
}

/// Text whose contrast is below WCAG AA, as "ratio text".
export const lowContrast = (page) =>
  page.evaluate(() => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    const rgba = (text) => {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = text;
      canvas.fillRect(0, 0, 1, 1);
      return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const light = ([r, g, b]) =>
      [r, g, b]
        .map((v) => v / 255)
        .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const ground = (element) => {
      for (let at = element; at; at = at.parentElement) {
        const colour = rgba(getComputedStyle(at).backgroundColor);
        if (colour[3] > 250) return colour;
      }
      return [255, 255, 255];
    };
    const out = new Set();
    for (const element of document.querySelectorAll("body *")) {
      const own = [...element.childNodes].filter((n) => n.nodeType === Node.TEXT_NODE && /[\w★●]/.test(n.data));
      if (!own.length || !element.checkVisibility() || element.closest("[disabled], .hidden")) continue;
      const [a, b] = [light(rgba(getComputedStyle(element).color)), light(ground(element))];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (ratio < 4.5) out.add(`${ratio.toFixed(2)} ${element.className} ${own[0].data.trim()}`);
    }
    return [...out];
  });

/// What can be used but has no name for those who do not see it.
export const nameless = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll("a, button, input, select, textarea, dialog, [role=region]")]
      .filter((e) => e.checkVisibility() && !(e.getAttribute("aria-label") || e.textContent.trim() || e.labels?.length))
      .map((e) => e.outerHTML.slice(0, 120)),
  );

/// By how much the page is wider than its window.
export const overflow = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
