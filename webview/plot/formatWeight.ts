/** A weight in few figures: `0.231`, `1.000`, `3e−4`; with its sign where it is a difference. */
export function formatWeight(value: number, signed = false): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  const text =
    size === 0
      ? '0'
      : size < 0.0005
        ? size.toExponential(0).replace('-', '−')
        : size < 100
          ? size.toFixed(3)
          : size.toPrecision(3);
  return value < 0 ? `−${text}` : signed && value > 0 ? `+${text}` : text;
}
