import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { coldtrail } from "../commands/command-line.js";
import { writeHostileReport } from "../unit/report/hostile-report.js";
import { isChromiumHere, openFile, startChromium } from "./browser.js";
import { lowContrast, outOfPlace, torn, unheard } from "./look.js";

if (!isChromiumHere) console.log("skipped: /usr/bin/chromium is not there; install Debian's chromium");

/** A4 less the margins of the style sheet, in CSS pixels. */
const SHEET = { width: 673, height: 990 };

describe.skipIf(!isChromiumHere)("the report in Chromium", () => {
  let work: string;
  let browser: Browser;
  const pages = { sample: "", hostile: "" };

  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), "coldtrail-browser-"));
    await writeHostileReport(join(work, "hostile"));
    pages.hostile = join(work, "hostile", "report.html");
    const { code, out } = await coldtrail("demo", join(work, "case"));
    expect(code).toBe(0);
    pages.sample = out.trim();
    browser = await startChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await rm(work, { recursive: true, force: true });
  });

  test.each(["sample", "hostile"] as const)(
    "%s: nothing is asked for, nothing is complained about",
    async (name) => {
      const { page, requests, complaints } = await openFile(browser, pages[name]);
      await page.keyboard.press("Tab");
      await page.mouse.wheel(0, 5_000);
      await page.close();
      expect(requests).toEqual([]);
      expect(complaints).toEqual([]);
    },
  );

  test.each(["sample", "hostile"] as const)("%s: the policy stops what would run or fetch", async (name) => {
    const { page, requests } = await openFile(browser, pages[name]);
    const stopped = await page.evaluate(async () => {
      const directives: string[] = [];
      document.addEventListener("securitypolicyviolation", (event) =>
        directives.push(event.effectiveDirective),
      );
      const add = (tag: string, attributes: Record<string, string>, text = "") => {
        const element = Object.assign(document.createElement(tag), { textContent: text });
        for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
        document.body.append(element);
        return element;
      };
      add("script", {}, "window.ran = 'script'");
      add("script", { src: "https://evil.example/x.js" });
      add("img", { src: "https://evil.example/x.png" });
      add("iframe", { src: "https://evil.example/" });
      add("link", { rel: "stylesheet", href: "https://evil.example/x.css" });
      add("b", { onclick: "window.ran = 'handler'" }).click();
      add("style", {}, "@font-face{font-family:x;src:url(https://evil.example/x)} b{font-family:x}");
      await fetch("https://evil.example/").catch(() => undefined);
      // Reports of violations come when the page has time for them.
      for (let turn = 0; turn < 50 && new Set(directives).size < 7; turn += 1)
        await new Promise((done) => setTimeout(done, 100));
      return { ran: (window as { ran?: string }).ran, directives };
    });
    await page.close();
    expect(stopped.ran).toBeUndefined();
    expect(new Set(stopped.directives)).toEqual(
      new Set([
        "script-src-elem",
        "img-src",
        "frame-src",
        "style-src-elem",
        "script-src-attr",
        "font-src",
        "connect-src",
      ]),
    );
    expect(requests).toEqual([]);
  });

  test("hostile texts of every place are text", async () => {
    const { page } = await openFile(browser, pages.hostile);
    const found = await page.evaluate(() => ({
      text: document.body.textContent ?? "",
      elements: document.querySelectorAll(
        "script, iframe, object, embed, link, form, base, img, foreignObject, use",
      ).length,
      handlers: [...document.querySelectorAll("*")].flatMap((element) =>
        element
          .getAttributeNames()
          .filter((name) => name.startsWith("on") || name === "style" || name === "src"),
      ),
      links: [...document.querySelectorAll("[href]")].map((link) => link.getAttribute("href") ?? ""),
    }));
    await page.close();
    expect(found.elements).toBe(0);
    expect(found.handlers).toEqual([]);
    expect(found.links.filter((link) => !link.startsWith("#"))).toEqual([]);
    expect(found.text).not.toMatch(
      /[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/,
    );
    for (const place of [
      "finding0.title",
      "ct.event_name",
      "ct.maker",
      "s3.key",
      "bedrock.model",
      "input.case.title",
    ]) {
      const at = found.text.indexOf(`${place} <script>alert(1)</script>`);
      expect([place, at >= 0]).toEqual([place, true]);
    }
    expect(found.text).toContain("\\u{1B}[31m");
    expect(found.text).toContain("\\u{202E}gnp.exe");
  });

  test.each(["sample", "hostile"] as const)("%s: those who do not see it hear all of it", async (name) => {
    const { page } = await openFile(browser, pages[name]);
    expect(await page.evaluate(unheard)).toEqual([]);
    expect(await page.getByRole("main").count()).toBe(1);
    expect(await page.getByRole("navigation", { name: "Contents" }).count()).toBe(1);
    const pictures = await page.locator("svg:not([aria-hidden=true])").count();
    expect(pictures).toBeGreaterThanOrEqual(5);
    await page.close();
  });

  test.each(["sample", "hostile"] as const)(
    "%s: every text stands out from what is behind it",
    async (name) => {
      const { page } = await openFile(browser, pages[name]);
      expect(await page.evaluate(lowContrast)).toEqual([]);
      await page.close();
    },
  );

  test.each([
    ["sample", 1440],
    ["sample", 800],
    ["hostile", 1440],
    ["hostile", 800],
  ] as const)("%s: nothing sticks out or lies on anything else at %d pixels", async (name, width) => {
    const { page } = await openFile(browser, pages[name], width);
    expect(await page.evaluate(outOfPlace)).toEqual([]);
    await page.close();
  });

  test.each(["sample", "hostile"] as const)("%s: on paper no picture and no row is torn", async (name) => {
    const { page } = await openFile(browser, pages[name], SHEET.width);
    await page.emulateMedia({ media: "print" });
    // A row of nothing but texts of thousands of letters is higher than a sheet, whatever one does.
    expect(await page.evaluate(torn, name === "hostile" ? Number.MAX_VALUE : SHEET.height)).toEqual([]);
    const path = join(dirname(pages[name]), "report.pdf");
    const pdf = await page.pdf({ path, preferCSSPageSize: true });
    const sheets = pdf.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length ?? 0;
    expect(sheets).toBeGreaterThan(3);
    await page.close();
  });
});
