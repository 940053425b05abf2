/**
 * Maps a file into memory, as words. The one door to `koffi`, which is optional: it is loaded when somebody asks for mapped values, and
 * never at import. What goes wrong is thrown as it comes; whoever asked goes on without.
 *
 * Danger: the words are views of memory that the garbage collector knows nothing of. After `release()` a look at them ends the process,
 * and so does a store into words that were mapped to be read. Whoever maps keeps them to itself.
 */

export interface MappedMemory {
  readonly words: Int32Array;
  /** Idempotent. Nobody may look at the words afterwards. */
  release(): void;
}

export interface Mapping {
  /** The first `byteLength` bytes of an open file; the descriptor may be closed afterwards. */
  map(descriptor: number, byteLength: number, access: 'read' | 'write'): MappedMemory;
}

/** Of the addon. Said here, because declarations that are published may not ask for its own: it is optional, and mostly not there. */
interface Koffi {
  load(path: null): { func(definition: string): (...args: unknown[]) => unknown };
  view(pointer: unknown, byteLength: number): ArrayBuffer;
  errno(): number;
}

/** The same numbers on Linux and macOS. */
const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;

/** A bundler must not look for it: mostly it is not there, and where it is, it has to stay outside. */
const KOFFI: string = 'koffi';

/** Throws where koffi is missing, and where the C library has no `mmap`. */
export async function loadMapping(load: () => Promise<Koffi> = () => import(KOFFI) as Promise<Koffi>): Promise<Mapping> {
  const koffi = await load();
  // What the process itself has loaded: the C library is among it, whatever it is called here.
  const library = koffi.load(null);
  const mmap = library.func('void *mmap(void *address, size_t length, int protection, int flags, int descriptor, int64_t offset)');
  const munmap = library.func('int munmap(void *address, size_t length)');
  return {
    map: (descriptor, byteLength, access) => {
      const protection = access === 'read' ? PROT_READ : PROT_READ | PROT_WRITE;
      const address: unknown = mmap(null, byteLength, protection, MAP_SHARED, descriptor, 0);
      if (isFailure(address)) throw new Error(`mmap of ${byteLength} bytes failed with errno ${koffi.errno()}`);
      return new Mapped(koffi.view(address, byteLength), () => void munmap(address, byteLength));
    },
  };
}

class Mapped implements MappedMemory {
  readonly words: Int32Array;
  readonly #unmap: () => void;
  #isMapped = true;

  constructor(buffer: ArrayBuffer, unmap: () => void) {
    this.words = new Int32Array(buffer);
    this.#unmap = unmap;
  }

  release(): void {
    if (!this.#isMapped) return;
    this.#isMapped = false;
    this.#unmap();
  }
}

/** `MAP_FAILED` is the highest address there is; koffi may also give it as -1, or as no pointer at all. */
function isFailure(address: unknown): boolean {
  return address === null || address === undefined || (typeof address === 'bigint' && BigInt.asIntN(64, address) === -1n);
}
