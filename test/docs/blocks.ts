/**
 * The code blocks of a document, with what the comment above each says of it. In README.md every block of code has such a comment:
 *
 *   file: <name>                     saved under this name, and run (or, TypeScript, checked)
 *   stays: <name>                    the same, but it runs until it is interrupted
 *   run                              given to a shell
 *   run, and <file> tells: <line>    the same, while the program that stays is running
 *   output                           what the block before it prints
 *   not run: <reason>
 */

export interface Block {
  readonly language: string;
  readonly text: string;
  /** Counts from 1. */
  readonly line: number;
  readonly directive: string | undefined;
}

export function blocksOf(markdown: string): readonly Block[] {
  const pattern = /^(?:<!-- (?<directive>.+) -->\n\n)?^```(?<language>\w*)\n(?<text>[\s\S]*?)^```$/gm;
  return [...markdown.matchAll(pattern)].map(({ index, groups = {} }) => ({
    language: groups['language'] ?? '',
    text: groups['text'] ?? '',
    line: markdown.slice(0, index).split('\n').length,
    directive: groups['directive'],
  }));
}

/** `library.mjs` of `file: library.mjs`. */
export function argumentOf({ directive = '' }: Block, name: string): string | undefined {
  return directive.startsWith(`${name}: `) ? directive.slice(name.length + 2) : undefined;
}
