import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";

/** Where Debian's package puts it. */
const CHROMIUM = "/usr/bin/chromium";
export const isChromiumHere = existsSync(CHROMIUM);

export function startChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** A page with what it asked for and what it complained about. */
export interface Opened {
  page: Page;
  requests: string[];
  complaints: string[];
}

/** Opens a file; every request but the one for the file itself is cut off and noted. */
export async function openFile(browser: Browser, path: string, width = 1440): Promise<Opened> {
  const page = await browser.newPage({ viewport: { width, height: 1000 } });
  const url = pathToFileURL(path).href;
  const requests: string[] = [];
  const complaints: string[] = [];
  await page.route("**", (route) => {
    if (route.request().url() === url) return route.continue();
    requests.push(route.request().url());
    return route.abort();
  });
  page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("dialog", (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    return dialog.dismiss();
  });
  page.on("popup", () => complaints.push("a window opened"));
  await page.goto(url);
  return { page, requests, complaints };
}
