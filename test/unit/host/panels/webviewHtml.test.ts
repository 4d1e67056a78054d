import { describe, expect, it } from 'vitest';
import { subjectOfRun } from '../../../../src/protocol/subject';
import { messageHtml, pageHtml } from '../../../../src/host/panels/webviewHtml';

const resources = {
  cspSource: 'https://webview.test',
  script: 'https://webview.test/live.js?a=1&b=2',
  styles: ['https://webview.test/live.css'],
};

/** Directive → sources of the page's content security policy. */
function policyOf(html: string): Map<string, string> {
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)![1]!;
  return new Map(
    policy.split('; ').map((part) => [part.split(' ', 1)[0]!, part.slice(part.indexOf(' ') + 1)]),
  );
}

describe('pageHtml', () => {
  const html = pageHtml('sasrec', subjectOfRun('/runs/a "b"'), resources, 'bm9uY2U=');

  it('allows only its own files and the one script with the nonce', () => {
    expect(Object.fromEntries(policyOf(html))).toEqual({
      'default-src': `'none'`,
      'style-src': 'https://webview.test',
      'font-src': 'https://webview.test',
      'img-src': 'https://webview.test data:',
      'script-src': `'nonce-bm9uY2U='`,
    });
    expect(html).not.toContain('unsafe');
  });

  it('says what is shown', () => {
    expect(html).toContain(
      '<main id="app" data-subject="{&quot;kind&quot;:&quot;runs&quot;,&quot;runs&quot;:[&quot;/runs/a \\&quot;b\\&quot;&quot;]}"></main>',
    );
  });

  it('has the nonce on its only script, and nothing inline', () => {
    expect(html.match(/<script[^>]*>/g)).toEqual([
      '<script nonce="bm9uY2U=" src="https://webview.test/live.js?a=1&amp;b=2">',
    ]);
    expect(html).not.toMatch(/<style|style=|onload=/);
    expect(html.indexOf('<main id="app"')).toBeLessThan(html.indexOf('<script'));
  });
});

describe('messageHtml', () => {
  it('has no script and shows text as text', () => {
    const html = messageHtml('Gone <b>', 'a & b "c"', resources.cspSource, resources.styles);
    expect(html).toContain('<h1>Gone &lt;b&gt;</h1>');
    expect(html).toContain('<p>a &amp; b &quot;c&quot;</p>');
    expect(html).not.toContain('<script');
    expect(policyOf(html).has('script-src')).toBe(false);
  });
});
