import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { startDemo } from "./demo.mjs";
import { assertAccessible, assertFitsWidth, DESK, keep, open, PHONE, signIn, startBrowser } from "./visit.mjs";

// The demo has an audit of its own, which this must not stand in the way of.
const MINE = "/audit/2";

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

/** The title of the piece of work on the page, and how many are left. */
async function look(page) {
  const left = await page.locator(".wl-answered").innerText();
  return { title: await page.locator(".wl-ticket h2").innerText(), left: Number(left.match(/(\d+) pieces? to go/)[1]) };
}

describe("an audit", () => {
  test("of the demo shows its interval on the first page, and leaves disagreements for a third", async () => {
    const { page, complaints, close } = await open(browser, demo);
    await signIn(page, demo, "tagger");
    assert.match(await page.locator(".wl-headline").innerText(), /it is between \d+% and \d+% \(95% interval\)/);
    await page.goto("/audit/1");
    assert.match(await page.getByRole("main").innerText(), /2 disagreements wait for a third person/);
    await page.getByRole("button", { name: "Answer: 2 pieces wait for you" }).click();
    assert.equal((await look(page)).left, 2);
    await page.keyboard.press("f");
    await page.getByText("You have answered 1.").waitFor();
    await page.keyboard.press("f");
    await page.getByRole("heading", { name: "Nothing more waits for you" }).waitFor();
    await page.goto("/audit/1");
    assert.match(await page.getByRole("main").innerText(), /All \d+ pieces settled/);
    assert.deepEqual(complaints, []);
    await close();
  });

  test("is drawn, and answered blind by keyboard", async () => {
    const { page, complaints, close } = await open(browser, demo);
    await signIn(page, demo, "tagger");
    await page.goto("/audit");
    await page.getByLabel("Pieces of work").fill("60");
    await page.getByRole("button", { name: "Draw the audit" }).click();
    await page.waitForURL((url) => url.pathname === MINE);
    assert.match(await page.locator(".wl-headline").innerText(), /is published as visible|By what people found/);

    await page.getByRole("button", { name: /^Answer:/ }).click();
    const html = await page.content();
    for (const told of ["matched", "model:", "kind default", "tagged by", "machine"]) assert.ok(!html.includes(told), told);
    const first = await look(page);
    await assertAccessible(page, "the blind page");
    await keep(page, "audit-blind");

    await page.keyboard.press("?");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("f");
    await page.getByRole("button", { name: "Close" }).click();
    assert.deepEqual(await look(page), first, "keys are for reading while they are listed");

    await page.keyboard.press("f");
    await page.getByText("You have answered 1.").waitFor();
    assert.equal((await look(page)).left, first.left - 1);
    await page.keyboard.press("u");
    await page.getByText("You have answered 0.").waitFor();
    assert.deepEqual(await look(page), first);
    for (let answered = 1; answered <= first.left; answered++) {
      await page.keyboard.press(answered % 7 === 0 ? "0" : "f");
      await page.getByText(`You have answered ${answered}`).waitFor();
    }
    await page.getByRole("heading", { name: "Nothing more waits for you" }).waitFor();
    assert.deepEqual(complaints, []);
    await close();
  });

  test("goes to a second person, who works without script, on a telephone", async () => {
    const { page, close } = await open(browser, demo, { width: PHONE, javaScriptEnabled: false });
    await signIn(page, demo, "admin");
    await page.goto(`${MINE}/next`);
    await assertFitsWidth(page, "the blind page");
    await keep(page, "audit-blind-360");
    assert.equal(await page.getByRole("button", { name: "Keys" }).count(), 0, "without script there are no keys");
    const { left } = await look(page);
    for (let open = left; open > 0; open--) {
      const sort = open === 3 ? "Design and advice" : "Fixing what broke";
      await page.getByRole("button", { name: sort }).click();
    }
    assert.match(await page.getByRole("main").innerText(), /Nothing more waits for you[^]*disagreements? waits? for a third person/);
    await page.getByRole("button", { name: "Take back my last answer" }).click();
    assert.equal((await look(page)).left, 1);
    await page.getByRole("button", { name: "Fixing what broke" }).click();
    await close();
  });

  test("shows the board what it found, and no ticket", async () => {
    const { page, complaints, close } = await open(browser, demo);
    await signIn(page, demo, "board");
    assert.equal((await page.goto(`${MINE}/next`)).status(), 403);
    await page.goto(MINE);
    const found = await page.getByRole("main").innerText();
    assert.match(found, /disagreements wait for a third person/);
    assert.match(found, /kappa is/);
    assert.doesNotMatch(found, /INC\d|RITM\d|Answer:/);
    complaints.length = 0;
    await close();
  });

  for (const width of [DESK, PHONE]) {
    test(`is sound ${width} pixels wide`, async () => {
      const { page, complaints, close } = await open(browser, demo, { width });
      await signIn(page, demo, "tagger");
      for (const path of ["/audit", "/audit/1", MINE, `${MINE}/next`]) {
        await page.goto(path);
        await keep(page, `${path.slice(1).replaceAll("/", "-")}-${width}`);
        await assertFitsWidth(page, path);
        await assertAccessible(page, path);
      }
      assert.deepEqual(complaints, []);
      await close();
    });
  }
});
