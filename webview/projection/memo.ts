/** A function that answers from memory when it is called with the same things as the last time. */
export function memoized<Args extends readonly unknown[], Result>(
  compute: (...args: Args) => Result,
): (...args: Args) => Result {
  let last: { args: Args; result: Result } | null = null;
  return (...args) => {
    if (last === null || args.some((argument, i) => argument !== last!.args[i])) {
      last = { args, result: compute(...args) };
    }
    return last.result;
  };
}
