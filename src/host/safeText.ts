import { cutSentence } from '../series/cutText';
import { quoteCode } from '../series/messageText';

/*
 * Texts come from files that anybody may have made: names, errors and metrics of runs, fields of configs, paths. VS Code reads
 * markup in most of the places where it shows them: `[x](command:…)` in a message is a button, `$(x)` in a label an icon, and
 * Markdown in a hover can load an image. Nothing of that may come from a file, so every text goes through here on its way:
 * messages and labels through `plainText`, hovers through `escaped`. Nothing here knows VS Code.
 */

/** Longer than anything that a message or label has room for. */
const MAX_LENGTH = 1000;

/** Control characters, and those that change the direction of what follows or cannot be seen. */
const UNSEEN = /[\p{Cc}\p{Bidi_Control}\u200b\u2060\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]+/gu;

/** One line of text for a message or a label, in which nothing is a link, an icon or other markup. */
export function plainText(text: string): string {
  const line = quoteCode(text.slice(0, 2 * MAX_LENGTH))
    .replace(/\s+/g, ' ')
    .replace(UNSEEN, '\ufffd')
    // A space is enough for both, and can be seen.
    .replaceAll('](', '] (')
    .replaceAll('$(', '$ (');
  return cutSentence(line, MAX_LENGTH);
}

/** Markdown that was made by `escaped`, so that all in it that came from elsewhere is escaped. */
class Markdown {
  constructor(readonly source: string) {}
}
export type { Markdown };

/** Markdown of a template: what is put in shows as it is, unless it is Markdown itself. */
export function escaped(
  template: TemplateStringsArray,
  ...values: readonly (string | number | Markdown)[]
): Markdown {
  const parts = values.map((value) =>
    value instanceof Markdown ? value.source : escapeMarkdown(String(value)),
  );
  return new Markdown(String.raw({ raw: template }, ...parts));
}

/** An icon, by the name of its codicon. */
export function icon(codicon: string): Markdown {
  return new Markdown(`$(${codicon.replace(/[^a-z~-]/g, '')})`);
}

/** Several pieces of Markdown as one. */
export function joinMarkdown(parts: readonly Markdown[], separator = ''): Markdown {
  return new Markdown(parts.map(({ source }) => source).join(separator));
}

/** A link that runs a command with one argument. */
export function commandLink(title: Markdown, command: string, argument: string): Markdown {
  const query = encodeURIComponent(JSON.stringify([argument])).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16)}`,
  );
  return new Markdown(`[${title.source}](command:${command}?${query})`);
}

/**
 * Every sign that could mean something, as a character reference, which Markdown never takes for markup and VS Code never for
 * an icon: a backslash is gone by the time that it looks for icons.
 */
function escapeMarkdown(text: string): string {
  return plainText(text)
    .trim()
    .replace(/[!-+\-/:-@[-`{-~]|(?<!\d)\.|\.(?!\d)/g, (character) => `&#${character.charCodeAt(0)};`);
}
