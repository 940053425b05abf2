/** Reads what was thrown, whoever threw it. */

/** The `code` of a system or library error (`ENOENT` …), looked for along its causes. */
export function systemCodeOf(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    const code = (at as { code?: unknown }).code;
    if (typeof code === 'string') return code;
  }
  return undefined;
}
