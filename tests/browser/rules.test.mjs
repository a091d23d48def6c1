// The rules, from a piece of work that the machine got wrong to a rule set that counts, and back.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { startDemo } from "./demo.mjs";
import { assertAccessible, assertFitsWidth, DESK, keep, open, PHONE, signIn, startBrowser } from "./visit.mjs";

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

/** The number in an address such as /rules/draft/3. */
const numberOf = (page) => Number(new URL(page.url()).pathname.match(/\d+$/)[0]);

/** Drafts a rule that calls printers an improvement, which nobody would; it moves a lot. */
async function draftPrinters(page) {
  await page.goto("/rules/new");
  await page.getByLabel("Name").fill("Printers as wishes");
  await page.getByLabel("Makes it").selectOption("improvement");
  await page.getByLabel("Words or phrases to look for").fill("printer\nprinting\ntoner");
  await page.getByLabel("Its place").selectOption("1");
  await page.getByRole("button", { name: "Save and see what it moves" }).click();
  await page.waitForURL(/\/rules\/draft\/\d+/);
}

describe("a tagger", () => {
  let visit;
  before(async () => {
    visit = await open(browser, demo);
    await signIn(visit.page, demo, "tagger");
  });
  after(() => visit.close());

  test("makes a rule from an item", async () => {
    const { page, complaints } = visit;
    await page.goto("/tag/list?text=printer");
    const item = await page.locator("input[name=item]").first().inputValue();
    await page.goto(`/rules/new?item=${item}`);
    assert.match(await page.getByRole("main").innerText(), /first draft of a rule/);
    assert.match(await page.getByLabel("Words or phrases to look for").inputValue(), /\S/);
    assert.match(await page.getByRole("main").innerText(), /It matches [\d,]+ items?/);
    await page.getByLabel("Makes it").selectOption("improvement");
    await keep(page, "rules-new-from-item");
    await page.getByRole("button", { name: "Save and see what it moves" }).click();
    await page.waitForURL(/\/rules\/draft\/\d+/);
    assert.deepEqual(complaints, []);
  });

  test("drafts, looks at what would move, edits again, and cannot adopt", async () => {
    const { page, complaints } = visit;
    await draftPrinters(page);
    const first = numberOf(page);
    assert.match(await page.getByRole("main").innerText(), /would move/);
    assert.ok(await page.getByRole("img", { name: /From where to where/ }).isVisible());
    assert.ok(await page.getByRole("img", { name: /How far the visible share/ }).first().isVisible());
    assert.equal(await page.getByRole("button", { name: /Adopt/ }).count(), 0);
    assert.match(await page.getByRole("main").innerText(), /Only an admin can adopt/);
    await keep(page, "rules-draft");

    await page.getByRole("link", { name: "Edit Printers as wishes" }).first().click();
    await page.getByLabel("But none of these").fill("3D printer");
    await page.getByRole("button", { name: "Save and see what it moves" }).click();
    await page.waitForURL((url) => url.pathname.startsWith("/rules/draft/") && !url.pathname.endsWith(`/${first}`));
    assert.match(await page.getByRole("main").innerText(), /neither title nor description has ‘3d printer’/);
    await page.getByRole("link", { name: "Take back the last edit" }).click();
    await page.waitForURL((url) => url.pathname === `/rules/draft/${first}`);
    await page.getByRole("link", { name: "Throw away" }).click();
    assert.match(await page.getByRole("main").innerText(), /Nothing has changed/);
    assert.deepEqual(complaints, []);
  });

  test("is told of a mistake in the text on its line, and keeps the text", async () => {
    const { page, complaints } = visit;
    await page.goto("/rules");
    await page.getByRole("link", { name: "Edit all as text" }).click();
    const text = page.getByLabel("The rules", { exact: true });
    const broken = (await text.inputValue()).replace('category = "compliance"', 'category = "complience"');
    await text.fill(broken);
    await page.getByRole("button", { name: "Save as a draft" }).click();
    const problem = page.getByRole("link", { name: /Line \d+, rule .* no category/ });
    await problem.waitFor();
    assert.equal(await text.inputValue(), broken);
    await keep(page, "rules-text-mistake");
    await assertAccessible(page, "a mistake in the text");
    await problem.click();
    const chosen = await text.evaluate((field) => field.value.slice(field.selectionStart, field.selectionEnd));
    assert.equal(chosen, 'category = "complience"');
    // The browser itself says of an answer that it was a refusal.
    assert.deepEqual(complaints.splice(0).filter((complaint) => !complaint.includes("400")), []);
  });

  test("takes the text from a file", async () => {
    const { page } = visit;
    await page.goto("/rules/text?from=1");
    const rules = '[[rule]]\nname = "Only one"\ncategory = "access"\nwhen.kind = "task"\n';
    await page.getByLabel("Take the text from a file").setInputFiles({ name: "r.toml", mimeType: "text/plain", buffer: Buffer.from(rules) });
    await page.waitForFunction(() => document.querySelector("#rules").value.startsWith("[[rule]]"));
    assert.equal(await page.getByLabel("The rules", { exact: true }).inputValue(), rules);
  });
});

describe("an admin", () => {
  let visit;
  before(async () => {
    visit = await open(browser, demo);
    await signIn(visit.page, demo, "admin");
  });
  after(() => visit.close());

  const headline = async (page) => {
    await page.goto("/");
    return page.locator(".wl-headline").innerText();
  };

  test("adopts a draft, sees it come into force and the figure move, and takes it back", async () => {
    const { page, complaints } = visit;
    const figure = await headline(page);
    await draftPrinters(page);
    await page.getByRole("button", { name: /Adopt/ }).click();
    assert.match(await page.getByRole("alert").innerText(), /Say why these rules are better/);
    complaints.splice(0);
    await page.getByLabel("Why are these rules better?").fill("To see that it can be undone");
    await page.getByRole("button", { name: /Adopt/ }).click();
    await page.waitForURL(/\/rules\/adoption\/\d+/);
    await keep(page, "rules-adoption-under-way");
    // The page follows it by itself.
    await page.getByText("It is in force since").waitFor({ timeout: 60_000 });
    await keep(page, "rules-adoption-done");
    await assertAccessible(page, "an adoption that is done");
    assert.notEqual(await headline(page), figure);

    await page.goto("/rules");
    assert.match(await page.getByRole("main").innerText(), /To see that it can be undone/);
    await page.getByRole("button", { name: "Undo: back to Rule set 1" }).click();
    await page.getByText("It is in force since").waitFor({ timeout: 60_000 });
    assert.equal(await headline(page), figure);
    assert.deepEqual(complaints, []);
  });
});

for (const width of [DESK, PHONE]) {
  for (const javaScriptEnabled of [true, false]) {
    const how = `${width} pixels wide, ${javaScriptEnabled ? "with" : "without"} script`;
    test(`every page about rules is sound, ${how}`, async (context) => {
      const { page, complaints, close } = await open(browser, demo, { width, javaScriptEnabled });
      await signIn(page, demo, "admin");
      await draftPrinters(page);
      const draft = numberOf(page);
      // The whole list is long, and says the same of itself as a part of it.
      const paths = [
        javaScriptEnabled ? "/rules?category=device" : "/rules",
        "/rules?category=device&text=print",
        `/rules/${draft}?category=improvement`,
        `/rules/draft/${draft}`,
        "/rules/new",
        `/rules/edit?from=${draft}&rule=Printers+as+wishes`,
        `/rules/edit?from=${draft}&rule=Major+incident+declared`,
        `/rules/text?from=${draft}`,
        `/rules/compare?from=1&to=${draft}`,
        "/rules/adoption/1",
      ];
      for (const path of paths) {
        await context.test(path, async () => {
          const answer = await page.goto(path);
          assert.equal(answer.status(), 200);
          assert.equal(await page.getByRole("heading", { level: 1 }).count(), 1, "one main heading");
          const name = path.replace(/\d+|[^a-z]+/g, "-").replace(/-+/g, "-").replace(/^-|-$/g, "");
          await keep(page, `${name}-${width}${javaScriptEnabled ? "" : "-without-script"}`);
          await assertFitsWidth(page, path);
          if (javaScriptEnabled) await assertAccessible(page, path);
          assert.deepEqual(complaints.splice(0), []);
        });
      }
      await close();
    });
  }
}
