import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { settled, type Evaluated } from './pageSuite';
import { changeTheme, THEMES, type ThemeName } from './webviewPages';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

interface Violation {
  id: string;
  impact: string;
  nodes: { html: string; failureSummary: string }[];
}

/** What axe finds wrong with an open page, or the page of a panel, whatever its impact: texts to compare with an empty list. */
export async function accessibilityFaults(page: Evaluated): Promise<string[]> {
  await page.evaluate(await readFile(axe, 'utf8'));
  return violationsOf(page, '{}');
}

/** The same in every theme. Nothing but colors depends on them, so that only these are looked at again. */
export async function accessibilityFaultsInAllThemes(page: Page): Promise<string[]> {
  const faults = await accessibilityFaults(page);
  const own = await page.evaluate<ThemeName>(
    "document.querySelector('link[href^=\"/themes/\"]').getAttribute('href').slice('/themes/'.length, -'.css'.length)",
  );
  for (const theme of Object.keys(THEMES) as ThemeName[]) {
    if (theme === own) continue;
    await changeTheme(page, theme);
    const found = await violationsOf(page, "{ runOnly: ['color-contrast', 'link-in-text-block'] }");
    faults.push(...found.map((text) => `${theme}: ${text}`));
  }
  await changeTheme(page, own);
  return faults;
}

/** @param rules options of axe that choose rules */
async function violationsOf(page: Evaluated, rules: string): Promise<string[]> {
  // What follows from the sizes of things comes a frame later.
  await settled(page);
  const { violations } = (await page.evaluate(
    `axe.run({ resultTypes: ['violations'], preload: false, ...${rules} })`,
  )) as { violations: Violation[] };
  return violations.flatMap(({ id, impact, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id} (${impact}): ${html} ${failureSummary}`),
  );
}
