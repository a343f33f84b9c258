import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserPath, ServedPage, shared } from './served-page.js';

const axePath = fileURLToPath(import.meta.resolve('axe-core'));
const weights = join(shared, 'weights');

/** What stands in the way of a screen reader or of weak eyes. Source: the rules of WCAG 2.2 A and AA that axe knows. */
async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(readFileSync(axePath, 'utf8')); // a script tag would be refused by the page's policy
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } };
    return (await axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes[0]!.html}`);
  });
}

const ask = async (page: Page, text: string) => {
  await page.getByLabel('Your message', { exact: true }).fill(text);
  await page.keyboard.press('Enter');
};
const answered = (page: Page) => page.locator('.turn.assistant .status', { hasText: 'tokens' }).last().waitFor();

describe.skipIf(browserPath === undefined)('the page', { timeout: 60_000 }, () => {
  let served: ServedPage;
  beforeAll(async () => void (served = await ServedPage.start()), 60_000);
  afterAll(() => served?.[Symbol.asyncDispose]());

  it('chats: streams, regenerates, takes an edited question, begins anew', async () => {
    const page = await served.open();
    await ask(page, 'What is a handler?');
    await answered(page);
    expect(await page.locator('.turn.assistant .markdown').textContent()).toMatch(/npm package/);
    await page.getByRole('button', { name: 'Regenerate' }).click();
    await answered(page);
    expect(await page.locator('.turn').count()).toBe(2);
    await page.getByRole('button', { name: 'Edit' }).click();
    await page.getByLabel('Your message, edited').fill('How do I install a model?');
    await page.getByRole('button', { name: 'Send again' }).click();
    await answered(page);
    expect(await page.locator('.turn.assistant .markdown').textContent()).toContain('llmi install');
    await page.getByRole('button', { name: 'New chat' }).click();
    expect(await page.locator('.turn').count()).toBe(0);
    expect(served.complaints).toEqual([]);
  });

  it('sends what is set, and says what is wrong with it', async () => {
    const page = await served.open();
    await page.getByLabel('Max tokens').fill('3');
    await ask(page, 'What is a handler?');
    await answered(page);
    expect(await page.locator('.turn.assistant .status').textContent()).toMatch(/^3 tokens/);
    await page.getByText('As code').click();
    expect(await page.locator('.code-sample code').textContent()).toMatch(/"max_tokens": 3[^]*curl|curl[^]*"max_tokens": 3/);
    await page.getByLabel('Temperature').fill('9');
    await ask(page, 'What is a handler?');
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').textContent()).toContain('temperature');
    served.complaints.length = 0; // the browser logs the refusal
  });

  it('shows markdown, and nothing of it does harm', async () => {
    const page = await served.open();
    const html = await page.evaluate(async () => {
      const reply = await fetch('generate/stream', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ prompt: 'x', max_tokens: 1 }) });
      return reply.headers.get('content-type');
    });
    expect(html).toContain('text/event-stream');
    await page.route('**/generate/stream', (route) => {
      const text = '**bold** <img src=x onerror="document.title=1"> <script>document.title=2</script> [link](javascript:document.title=3) ![x](http://evil.example/a.png)\n\n```js\nconst a = 1;\n```';
      const events = [{ type: 'text', token: text }, { type: 'done', result_type: 'text', full_text: text, usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } }];
      return route.fulfill({ contentType: 'text/event-stream', body: events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('') });
    });
    await ask(page, 'x');
    await answered(page);
    const answer = page.locator('.turn.assistant .markdown');
    expect(await answer.locator('strong').textContent()).toBe('bold');
    expect(await answer.locator('.hljs-keyword').textContent()).toBe('const');
    expect(await answer.innerHTML()).not.toMatch(/<img|<script|href="javascript/);
    expect(await answer.textContent()).toContain('<script>document.title=2');
    expect(await page.title()).toBe('llmi');
    expect(served.complaints).toEqual([]);
  });

  it('is no barrier, wide or on a phone, light or dark', async () => {
    for (const [size, scheme] of [[{ width: 1200, height: 800 }, 'light'], [{ width: 390, height: 780 }, 'dark']] as const) {
      const page = await served.open(size);
      await page.emulateMedia({ colorScheme: scheme });
      await ask(page, 'What is a handler?');
      await answered(page);
      expect(await barriers(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
      await page.getByRole('button', { name: 'Models' }).click();
      await page.locator('table.models tbody tr').first().waitFor();
      expect(await barriers(page)).toEqual([]);
    }
  });

  it('loads and unloads a model', async () => {
    const page = await served.open();
    await page.getByRole('button', { name: 'Models' }).click();
    const row = page.locator('table.models tbody tr').first();
    await row.waitFor();
    if ((await row.getByRole('button', { name: 'Load', exact: true }).count()) > 0) await row.getByRole('button', { name: 'Load', exact: true }).click();
    await row.getByRole('button', { name: 'Unload' }).click();
    await row.getByRole('button', { name: 'Load', exact: true }).waitFor();
    expect(served.complaints).toEqual([]);
  });
});

it.skipIf(browserPath === undefined)('asks for the key of a server that has one', { timeout: 60_000 }, async () => {
  await using served = await ServedPage.start([], '--api-key', 'secret-of-the-test');
  const page = await served.open();
  await page.getByLabel('This server asks for an API key').fill('secret-of-the-test');
  await page.getByRole('button', { name: 'Use it' }).click();
  await ask(page, 'What is a handler?');
  await answered(page);
  expect(await page.getByLabel('This server asks for an API key').count()).toBe(0);
});

describe.skipIf(browserPath === undefined || !existsSync(weights))('the page, with models of other kinds', { timeout: 120_000 }, () => {
  let served: ServedPage;
  beforeAll(async () => void (served = await ServedPage.start([join(weights, 'yolox-nano'), join(shared, 'fixtures', 'hub', 'llmi-fixtures', 'all-MiniLM-L6-v2')])), 60_000);
  afterAll(() => served?.[Symbol.asyncDispose]());

  it('draws boxes over the picture', async () => {
    const page = await served.open();
    await page.getByLabel('Model').selectOption('local/yolox-nano');
    await page.locator('input[type=file]').setInputFiles(join(weights, 'yolox-nano', 'dog.jpg'));
    await page.locator('.box').first().waitFor();
    expect((await page.locator('.box').allTextContents()).map((text) => text.split(' ')[0]).sort()).toEqual(['bicycle', 'car', 'dog']);
    const [dog, picture] = [await page.locator('.box', { hasText: 'dog' }).boundingBox(), await page.locator('.seen img').boundingBox()];
    expect(dog!.x).toBeGreaterThan(picture!.x);
    expect(dog!.width).toBeLessThan(picture!.width / 2);
    expect(served.complaints).toEqual([]);
  });

  it('compares texts', async () => {
    const page = await served.open();
    await page.getByLabel('Model').selectOption('local/all-MiniLM-L6-v2');
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.locator('.similarity').waitFor();
    const cells = (await page.locator('.similarity tbody td').allTextContents()).map(Number);
    expect(cells).toHaveLength(16);
    expect(cells[1]).toBeGreaterThan(cells[2]!); // a cat is more like a kitten than like the market
    expect(await page.locator('svg circle').count()).toBe(4);
    expect(await barriers(page)).toEqual([]);
    expect(served.complaints).toEqual([]);
  });
});
