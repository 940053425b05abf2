/** The part of `fs-native-extensions` that lock-addon.ts uses; the package brings no types. */
declare module 'fs-native-extensions' {
  /** False when another open file description holds the lock. Throws with a `code` where locks do not work. */
  export function tryLock(descriptor: number, options?: { readonly shared?: boolean }): boolean;
}
