// Draws the head of a bulletin, down to its table of regions, in light and in dark: picture.mjs URL PATH writes PATH-light.png and PATH-dark.png
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const [url, path] = process.argv.slice(2);
const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
// Glyphs that are drawn alike wherever they stand make smaller files.
const args = ['--no-sandbox', '--disable-lcd-text', '--disable-font-subpixel-positioning'];
const browser = await chromium.launch({ executablePath, args });
const page = await browser.newPage({ viewport: { width: 1060, height: 900 } });
for (const colorScheme of ['light', 'dark']) {
  await page.emulateMedia({ colorScheme });
  await page.goto(url);
  const { y, height } = await page.locator('section[aria-labelledby=regions] table').boundingBox();
  const clip = { x: 0, y: 0, width: page.viewportSize().width, height: Math.ceil(y + height) + 16 };
  await page.screenshot({ path: `${path}-${colorScheme}.png`, fullPage: true, clip });
}
await browser.close();
