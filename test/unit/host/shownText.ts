/** What is read of Markdown in which everything that is put in was written as character references. */
export function shownText({ source }: { source: string }): string {
  return source.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
}
