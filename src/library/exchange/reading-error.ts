/** What was thrown by the system, for people. */

/** Without the code that messages of the system begin with (`ENOENT: no such file …`). */
export function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/^[A-Z0-9_]+: /, '');
}
