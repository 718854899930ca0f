// Every page at a desk and on a phone, light and dark: nothing overflows, everything has a name, text can be read. The
// pictures go to BUILD/browser/images; those of docs/images are copies, made by WEIR_IMAGES=docs/images.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { Browser, DESK, live, lowContrast, nameless, nothingWrong, overflow, PHONE, turnTo } from "./browser.mjs";
import { Cluster, waitFor } from "./cluster.mjs";

// For people who read about it one of each page is enough.
const PICTURES = process.env.WEIR_IMAGES && /-light|cluster-(dark|phone)\.png/;
const folder = resolve(process.env.WEIR_IMAGES ?? join(process.env.WEIR_BUILD_DIR, "browser", "images"));
let cluster, browser;
const seen = {};

before(async () => {
  mkdirSync(folder, { recursive: true });
  [cluster, browser] = [await Cluster.start(), await Browser.start()];
  for (let i = 0; i < 5; ++i) await cluster.enqueue("fails", { key: `customer ${i}` });
  seen.task = await cluster.enqueue("later", {
    key: "order/7",
    data: {
      order: "A-7",
      lines: [
        { sku: "B-2", count: 2 },
        { sku: "C-9", count: 1.5 },
      ],
      paid: true,
      note: null,
    },
  });
  await cluster.api("POST", "streams/partner:pin", { node: "n2" });
  const lines = Array.from({ length: 900 }, (_, i) => ({ name: i % 3 ? "mail" : "update", key: `customer ${i}` }));
  cluster.sql(`select weir.enqueue_many('${JSON.stringify(lines)}')`);
  for (let i = 0; i < 3; ++i) await cluster.enqueue("slow", { key: `report ${i}` });
  await waitFor("a retry", async () => (await cluster.task(seen.task)).state === "RETRY");
});
after(async () => {
  await browser?.stop();
  await cluster?.stop();
});

const pages = () => ({
  cluster: "#/cluster",
  tasks: "#/tasks",
  task: `#/task/${seen.task}`,
  stream: "#/stream/mail",
  schedules: "#/schedules",
  nodes: "#/nodes",
  node: "#/node/n2",
  leader: "#/leader",
  warnings: "#/warnings",
});

async function lookAt(page, kind) {
  for (const [name, hash] of Object.entries(pages())) {
    await turnTo(page, hash);
    await page.locator("main h1, main .matrix").first().waitFor();
    await page.waitForTimeout(400);
    assert.ok((await overflow(page)) <= 0, `${name} is wider than a ${kind}`);
    assert.deepEqual(await nameless(page), [], `${name}: without a name`);
    assert.deepEqual(await lowContrast(page), [], `${name}, ${kind}: hard to read`);
    const file = `${name}-${kind}.png`;
    if (!PICTURES || PICTURES.test(file)) await page.screenshot({ path: join(folder, file) });
  }
}

// So that the picture shows a cluster at work: backlogs that shrink, a stream that has moved.
async function somethingToTell(page) {
  await page.waitForTimeout(6000);
  await cluster.api("POST", "streams/partner:pin", { node: "n3" });
  await page.locator(".noticed").getByText("n3 owns partner").waitFor();
  await cluster.api("POST", "streams/partner:unpin", {});
  await page.waitForTimeout(8000);
}

for (const [kind, options] of Object.entries({
  light: { size: DESK },
  dark: { size: DESK, dark: true },
  phone: { size: PHONE },
  "phone-dark": { size: PHONE, dark: true },
})) {
  test(`every page is whole: ${kind}`, async () => {
    const page = await browser.open(cluster.page(), options);
    await live(page);
    if (kind === "light") await somethingToTell(page);
    await lookAt(page, kind);
    nothingWrong(page);
    await page.context().close();
  });
}

test("the colours can be chosen, and stay chosen", async () => {
  const page = await browser.open(cluster.page());
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await page.getByLabel("colours").selectOption("dark");
  const dark = await ground();
  assert.notEqual(dark, light);
  await page.reload();
  assert.equal(await ground(), dark);
  await page.context().close();
});

test("dialogs can be read and have names", async () => {
  await cluster.api("POST", "streams/partner:pin", { node: "n2" });
  const page = await browser.open(cluster.page(), { size: PHONE });
  await live(page);
  await turnTo(page, "#/stream/partner");
  for (const verb of ["Pause…", "Pin elsewhere…", "Unpin…", "Move…", "Enqueue…"]) {
    await page.getByRole("button", { name: verb }).click();
    await page.locator("dialog[open]").waitFor();
    assert.deepEqual([await nameless(page), await lowContrast(page)], [[], []], verb);
    assert.ok((await overflow(page)) <= 0, verb);
    await page.keyboard.press("Escape");
    await page.locator("dialog").waitFor({ state: "detached" });
  }
  nothingWrong(page);
  await page.context().close();
});
