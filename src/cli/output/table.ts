/** Rows in columns, two spaces apart; headings in capitals. The last column is not padded, numbers stand on the right. */

import { visible } from './format.js';
import { padToWidth, widthOf } from './width.js';

export interface Column {
  readonly heading: string;
  readonly isNumber?: boolean;
}

export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  style: (heading: string) => string = (heading) => heading,
): readonly string[] {
  // Within a cell not even a line may end.
  const cells = rows.map((row) => row.map((cell) => visible(cell).replaceAll(/[\t\n]/g, ' ')));
  const widths = columns.map(({ heading }, index) => Math.max(widthOf(heading), ...cells.map((row) => widthOf(row[index] ?? ''))));
  const line = (row: readonly string[]): string =>
    columns
      .map(({ isNumber }, index) => {
        const cell = row[index] ?? '';
        const width = widths[index] ?? 0;
        if (isNumber) return ' '.repeat(width - widthOf(cell)) + cell;
        return index === columns.length - 1 ? cell : padToWidth(cell, width);
      })
      .join('  ')
      .trimEnd();
  return [style(line(columns.map(({ heading }) => heading.toUpperCase()))), ...cells.map(line)];
}

/** `name  value` lines with the names in one column. */
export function formatPairs(
  pairs: readonly (readonly [name: string, value: string])[],
  style: (name: string) => string = (name) => name,
): readonly string[] {
  const width = Math.max(...pairs.map(([name]) => widthOf(name)));
  return pairs.map(([name, value]) => `${style(padToWidth(name, width))}  ${visible(value)}`.trimEnd());
}
