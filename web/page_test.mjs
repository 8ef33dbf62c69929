// SPDX-License-Identifier: Apache-2.0
// Opens a report page in Chromium: it must draw every plot and table from the file alone, in both themes.
//
//   node web/page_test.mjs build/core/bin/opgauge [screenshot-folder]
//
// Exit 77 with a reason where there is no browser or the program has no page.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const skip = (reason) => {
  console.log(`skipped: ${reason}`);
  process.exit(77);
};
const expect = (holds, message) => {
  if (!holds) throw new Error(message);
};

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const program = process.argv[2];
const screenshots = process.argv[3];
const browserPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
if (!browserPath) skip('no Chromium is installed');
const playwright = await import('playwright-core').catch(() => skip('web/node_modules has no playwright-core'));

const folder = mkdtempSync(join(tmpdir(), 'opgauge-page-'));
const page_file = join(folder, 'report.html');
try {
  execFileSync(program, ['analyze', '--empirical', join(root, 'tests/golden/mlp_results.csv'), '--machine',
    join(root, 'tests/fixtures/machines/example.json'), '--calibration', 'none', '-o', page_file], { stdio: ['ignore', 'ignore', 'pipe'] });
} catch (error) {
  rmSync(folder, { recursive: true });
  if (String(error.stderr).includes('built without the page')) skip('the program was built without the page');
  throw error;
}

const browser = await playwright.chromium.launch({ executablePath: browserPath, args: ['--no-sandbox'] });
try {
  const page = await browser.newPage({ viewport: { width: 1240, height: 900 }, colorScheme: 'light' });
  const problems = [];
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('request', (request) => !request.url().startsWith('file:') && !request.url().startsWith('data:') && problems.push(`request of ${request.url()}`));
  await page.goto(pathToFileURL(page_file).href);
  await page.waitForSelector('html[data-ready=true]', { timeout: 60000 });

  const count = (selector) => page.locator(selector).count();
  const plots = ['roofline', 'agreement', 'errors', 'batches'];
  for (const plot of plots) {
    expect((await count(`#chart-${plot} svg`)) === 1, `plot ${plot} is not drawn`);
    expect((await count(`#chart-${plot} svg path`)) > 5, `plot ${plot} is empty`);
  }
  expect((await count('#chart-roofline select')) === 1, 'the roofline has no choice of setting');
  await page.selectOption('#chart-roofline select', 'fp32, 2 threads');
  expect((await count('.card')) === 6, 'cards are missing');
  for (const title of ['Errors of the estimates', 'Bottleneck analysis', 'Recommended updates: fp32, 1 thread', 'Memory scenario transitions', 'Insights']) {
    expect((await page.getByRole('heading', { name: title, exact: true }).count()) === 1, `section "${title}" is missing`);
  }
  expect((await count('details tbody tr')) === 90, 'configurations are missing');
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'the page scrolls sideways');
  if (screenshots) await page.screenshot({ path: join(screenshots, 'light.png'), fullPage: true });

  await page.locator('header button').click();
  await page.waitForSelector('html[data-theme=dark]');
  expect((await count('.plot svg')) === plots.length, 'plots are lost in the dark');
  if (screenshots) await page.screenshot({ path: join(screenshots, 'dark.png'), fullPage: true });

  await page.setViewportSize({ width: 400, height: 800 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'the page scrolls sideways on a phone');
  expect(problems.length === 0, problems.join('\n'));
  console.log('page: plots, tables and both themes are there');
} finally {
  await browser.close();
  rmSync(folder, { recursive: true });
}
