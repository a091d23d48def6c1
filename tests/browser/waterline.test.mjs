import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { startDemo } from "./demo.mjs";
import { assertAccessible, assertFitsWidth, DESK, keep, open, PHONE, signIn, startBrowser } from "./visit.mjs";

const SIGNED_OUT = ["/sign-in", "/accessibility", "/privacy", "/no-such-page"];
const SIGNED_IN = ["/", "/?basis=items&months=24", "/sources", "/method", "/tag", "/tag?text=printer", "/admin", "/accessibility", "/privacy"];

let demo;
let browser;

before(async () => {
  demo = await startDemo();
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

/** Rows of the category table: name to number of items. */
async function itemsByCategory(page) {
  const rows = await page.getByRole("table", { name: /by category/ }).getByRole("row").all();
  const cells = await Promise.all(rows.slice(1).map((row) => row.locator("th, td").allInnerTexts()));
  return Object.fromEntries(cells.map(([name, , items]) => [name.trim(), Number(items.replace(/[^0-9]/g, ""))]));
}

describe("a tagger", () => {
  let visit;
  before(async () => {
    visit = await open(browser, demo);
    await signIn(visit.page, demo, "tagger");
  });
  after(() => visit.close());

  test("looks at the iceberg and is told that it is an example", async () => {
    const { page, complaints } = visit;
    assert.match(await page.locator(".wl-headline").innerText(), /%|per cent/);
    assert.ok(await page.locator(".wl-wide svg").first().isVisible());
    assert.ok(await page.getByText("Example data from a simulated trust").first().isVisible());
    assert.deepEqual(complaints, []);
  });

  test("switches between effort and items, and the address says which", async () => {
    const { page } = visit;
    const byEffort = await page.locator(".wl-headline").innerText();
    await page.getByLabel("Count by").selectOption("items");
    await page.getByRole("button", { name: "Show" }).click();
    await page.waitForURL(/basis=items/);
    assert.notEqual(await page.locator(".wl-headline").innerText(), byEffort);
  });

  test("tags work, sees the figure move, and takes it back", async () => {
    const { page, complaints } = visit;
    const done = page.getByRole("heading", { name: "Done", exact: true });
    await page.goto("/?basis=items");
    const headline = await page.locator(".wl-headline").innerText();
    const items = await itemsByCategory(page);
    const [category] = Object.entries(items).filter(([name]) => !/all|total/i.test(name)).sort((a, b) => b[1] - a[1])[0];

    await page.getByRole("rowheader", { name: category }).getByRole("link").click();
    await page.waitForURL(/\/tag/);
    await page.getByLabel("Select all on this page").check();
    const chosen = await page.locator("input[name=item]:checked").count();
    assert.ok(chosen > 10, `${chosen} items are chosen`);
    const target = page.getByLabel("Tag as");
    const [name] = await target.locator("option[value=new_product]").allInnerTexts();
    await target.selectOption("new_product");
    await page.getByRole("button", { name: "Tag selected" }).click();
    await done.waitFor();
    await keep(page, "tagged");

    await page.goto("/?basis=items");
    const moved = await itemsByCategory(page);
    assert.equal(moved[category], items[category] - chosen);
    assert.equal(moved[name], items[name] + chosen);
    assert.notEqual(await page.locator(".wl-headline").innerText(), headline);

    await page.goto("/tag");
    await page.getByRole("button", { name: /Undo my last tagging/ }).click();
    await done.waitFor();
    await page.goto("/?basis=items");
    assert.deepEqual(await itemsByCategory(page), items);
    assert.equal(await page.locator(".wl-headline").innerText(), headline);
    assert.deepEqual(complaints, []);
  });
});

test("the board is refused the workbench and sees no ticket", async () => {
  const { page, close } = await open(browser, demo);
  await signIn(page, demo, "board");
  const answer = await page.goto("/tag");
  assert.equal(answer.status(), 403);
  assert.match(await page.getByRole("main").innerText(), /role/);
  assert.equal(await page.getByRole("link", { name: "Tag work" }).count(), 0);
  await assertAccessible(page, "the refusal");
  await close();
});

for (const width of [DESK, PHONE]) {
  for (const javaScriptEnabled of [true, false]) {
    const how = `${width} pixels wide, ${javaScriptEnabled ? "with" : "without"} script`;
    test(`every page is sound, ${how}`, async (context) => {
      const { page, complaints, close } = await open(browser, demo, { width, javaScriptEnabled });
      const look = async (path) => {
        const answer = await page.goto(path);
        const missing = path === "/no-such-page";
        assert.equal(answer.status(), missing ? 404 : 200);
        assert.equal(await page.getByRole("heading", { level: 1 }).count(), 1, "one main heading");
        await keep(page, `${path.replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || "iceberg"}-${width}${javaScriptEnabled ? "" : "-without-script"}`);
        await assertFitsWidth(page, path);
        if (javaScriptEnabled) await assertAccessible(page, path);
        // The browser itself says of a page that is not there that it is not there.
        assert.deepEqual(complaints.splice(0).filter((complaint) => !(missing && complaint.endsWith(path))), []);
      };
      for (const path of SIGNED_OUT) await context.test(path, () => look(path));
      await signIn(page, demo, "admin");
      for (const path of SIGNED_IN) await context.test(path, () => look(path));
      await close();
    });
  }
}
