// The documents as a site (docs/site), opened from a disk: every page at a desk and on a phone, light and dark; nothing
// comes from elsewhere; the search finds, the menu opens. Pictures of some pages go to BUILD/browser/site.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { Browser, DESK, lowContrast, nameless, nothingWrong, overflow, PHONE } from "./browser.mjs";

const python = existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "python3"; // for which Debian's packages are
const pictures = join(resolve(process.env.WEIR_BUILD_DIR ?? "."), "browser", "site");
const PICTURED = ["index.html", "docs/start.html", "docs/guarantees.html", "docs/schema.html", "docs/commands.html"];
let folder, browser;

const address = (page) => pathToFileURL(join(folder, page)).href;
const every = () =>
  readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith(".html") && !name.startsWith("source"))
    .sort();

before(async () => {
  folder = join(mkdtempSync(join(tmpdir(), "weir-site-")), "site");
  execFileSync(python, ["-B", resolve("../../docs/site/build.py"), "--into", folder]);
  mkdirSync(pictures, { recursive: true });
  browser = await Browser.start();
});
after(async () => {
  await browser?.stop();
  rmSync(resolve(folder, ".."), { recursive: true, force: true });
});

for (const [size, name] of [
  [DESK, "desk"],
  [PHONE, "phone"],
])
  for (const dark of [false, true])
    test(`every page can be read at a ${name}, ${dark ? "dark" : "light"}`, async () => {
      const page = await browser.open(address("index.html"), { size, dark });
      const asked = [];
      page.on("request", (request) => asked.push(request.url()));
      for (const path of every()) {
        await page.goto(address(path));
        assert.ok((await overflow(page)) <= 0, `${path} is wider than its window`);
        assert.deepEqual(await nameless(page), [], path);
        assert.deepEqual(await lowContrast(page), [], path);
        if (PICTURED.includes(path)) {
          const file = `${path.replace(/.*\/|\.html/g, "")}-${name}-${dark ? "dark" : "light"}.png`;
          await page.screenshot({ path: join(pictures, file) });
        }
      }
      assert.deepEqual(asked.filter((url) => !/^(file|data):/.test(url)), [], "loaded from elsewhere");
      nothingWrong(page);
    });

test("the search finds a section and goes there, from any depth", async () => {
  const page = await browser.open(address("docs/benchmarks/latest.html"));
  await page.keyboard.press("/");
  await page.keyboard.type("fencing tok");
  const found = page.locator(".found a");
  await found.first().waitFor();
  assert.match(await found.first().innerText(), /fencing token/i);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.waitForURL((url) => !url.href.includes("latest.html"));
  assert.ok(await page.locator("article h1").isVisible());
  nothingWrong(page);
});

test("the search knows titles before texts, and says so where there is nothing", async () => {
  const page = await browser.open(address("index.html"));
  const input = page.getByLabel("Search");
  await input.fill("retention");
  assert.match(await page.locator(".found a").first().innerText(), /^Retention/i);
  await input.fill("xyzzy");
  await page.getByText("Nothing found").waitFor();
  await page.keyboard.press("Escape");
  assert.equal(await page.locator(".found").isVisible(), false);
  nothingWrong(page);
});

test("on a phone the menu opens, leads on and closes", async () => {
  const page = await browser.open(address("docs/start.html"), { size: PHONE });
  const pages = page.getByRole("navigation", { name: "Pages" });
  assert.equal(await pages.isVisible(), false);
  await page.getByRole("button", { name: "Menu" }).click();
  await page.screenshot({ path: join(pictures, "menu-phone.png") });
  await page.keyboard.press("Escape");
  assert.equal(await pages.isVisible(), false);
  await page.getByRole("button", { name: "Menu" }).click();
  await pages.getByRole("link", { name: "Glossary" }).click();
  await page.getByRole("heading", { name: "Glossary" }).waitFor();
  assert.equal(await pages.isVisible(), false);
  nothingWrong(page);
});

test("without scripts everything is there", async () => {
  const context = await browser.program.newContext({ javaScriptEnabled: false, viewport: PHONE });
  const page = await context.newPage();
  await page.goto(address("docs/start.html"));
  assert.equal(await page.getByRole("navigation", { name: "Pages" }).isVisible(), true);
  assert.equal(await page.getByLabel("Search").isVisible(), false);
  assert.ok((await overflow(page)) <= 0);
});
