import type { Subject } from '../../protocol/subject';
import { escapeXml } from '../../series/escapeXml';

/** The files of a page, as addresses that the webview may load. */
export interface PageResources {
  /** The webview's own origin, for the content security policy. */
  cspSource: string;
  script: string;
  styles: string[];
}

/**
 * The page of a panel: a frame that the script fills, and that says what is shown. Nothing inline, nothing from the network, no `eval`.
 *
 * @param nonce random, new for every page
 */
export function pageHtml(
  title: string,
  subject: Subject,
  { cspSource, script, styles }: PageResources,
  nonce: string,
): string {
  const policy = [...basePolicy(cspSource), `script-src 'nonce-${nonce}'`].join('; ');
  return document(
    title,
    policy,
    styles,
    `<main id="app" data-subject="${escapeXml(JSON.stringify(subject))}"></main>`,
    `<script nonce="${nonce}" src="${escapeXml(script)}"></script>`,
  );
}

/** A page without script that says one thing, such as that a run is gone. */
export function messageHtml(title: string, text: string, cspSource: string, styles: string[]): string {
  const body = `<main><h1>${escapeXml(title)}</h1><p>${escapeXml(text)}</p></main>`;
  return document(title, basePolicy(cspSource).join('; '), styles, body, '');
}

function basePolicy(cspSource: string): string[] {
  return [
    `default-src 'none'`,
    `style-src ${cspSource}`,
    `font-src ${cspSource}`,
    `img-src ${cspSource} data:`,
  ];
}

function document(title: string, policy: string, styles: string[], body: string, script: string): string {
  const links = styles.map((style) => `<link rel="stylesheet" href="${escapeXml(style)}">`).join('\n    ');
  return `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="UTF-8">
    <meta http-equiv="Content-Security-Policy" content="${escapeXml(policy)}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${escapeXml(title)}</title>
    ${links}
  </head>
  <body>
    ${body}
    ${script}
  </body>
</html>
`;
}
