// Walks over a bulletin in Chromium: bulletin.mjs URL [PICTURE_FOLDER]
// Opens every page that can be reached from the first at the width of a phone. Nothing is asked of
// another origin, nothing fails, nothing is wider than the page, links lead somewhere, and axe finds
// no fault of accessibility. The first page is also drawn wide, dark and as print.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const [first, pictures] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const faults = [];
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
const context = await browser.newContext({ viewport: { width: 390, height: 844 }, bypassCSP: true });
const page = await context.newPage();
page.on('request', (request) => {
  if (!request.url().startsWith(new URL(first).origin)) faults.push(`asked for ${request.url()}`);
});
page.on('pageerror', (error) => faults.push(`page error: ${error}`));
page.on('console', (message) => { if (message.type() === 'error') faults.push(`console: ${message.text()}`); });

if (pictures) mkdirSync(pictures, { recursive: true });
const picture = (name) => pictures ? page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true }) : undefined;
const shown = (url) => decodeURIComponent(new URL(url).pathname);

const seen = new Set([first]);
const queue = [first];
// Stations are alike: a few of them are enough.
let stations = 0, pages = 0, files = 0;
while (queue.length > 0) {
  const url = queue.shift();
  if (/\/station-/.test(url) && ++stations > 4) continue;
  if (!/(\/|\.html)$/.test(url)) {
    const response = await context.request.get(url);
    if (!response.ok()) faults.push(`${shown(url)}: ${response.status()}`);
    ++files;
    continue;
  }
  const response = await page.goto(url);
  if (!response.ok()) { faults.push(`${shown(url)}: ${response.status()}`); continue; }
  ++pages;
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  if (width > 390) faults.push(`${shown(url)} is ${width} px wide on a phone`);
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run());
  for (const one of violations) faults.push(`${shown(url)}: ${one.id}: ${one.help}: ${one.nodes[0].html.slice(0, 120)}`);
  if (/\/(index.*)?$|region-[^/]*-0\.html|station-/.test(url)) await picture(`phone${shown(url).replaceAll('/', '-')}`);
  const links = await page.$$eval('a[href]', (all) => all.map((a) => new URL(a.getAttribute('href'), document.baseURI).href));
  for (const link of links.map((one) => one.split('#')[0])) {
    if (seen.has(link)) continue;
    seen.add(link);
    queue.push(link);
  }
}

// With the keyboard alone: the first stop skips to the forecast, and regions of the map can be entered.
await page.goto(first);
await page.keyboard.press('Tab');
const skip = await page.evaluate(() => document.activeElement.getAttribute('href'));
if (skip !== '#main') faults.push(`the first stop of the keyboard is ${skip}`);
const region = page.locator('svg.map a').first();
if (await region.count() > 0) {
  const name = await region.getAttribute('aria-label');
  await region.focus();
  await page.keyboard.press('Enter');
  await page.waitForLoadState();
  const heading = await page.locator('h1').innerText();
  if (!name.startsWith(heading)) faults.push(`Enter on "${name}" leads to "${heading}"`);
}

await page.setViewportSize({ width: 1280, height: 900 });
await page.goto(first);
await picture('wide');
await page.emulateMedia({ colorScheme: 'dark' });
await page.evaluate(axe);
for (const one of (await page.evaluate(() => window.axe.run())).violations) faults.push(`dark: ${one.id}: ${one.nodes[0].html.slice(0, 120)}`);
await picture('dark');
await page.emulateMedia({ colorScheme: 'light', media: 'print' });
await picture('print');
await browser.close();

for (const fault of new Set(faults)) console.log(`FAILED: ${fault}`);
console.log(`${pages} pages and ${files} files read, ${new Set(faults).size} faults`);
process.exit(faults.length > 0 || pages < 2 ? 1 : 0);
