/** What a peer asks of the writer comes off the wire: it is looked at before anything is done. */

import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';

import { Caretaker } from '../../src/maintenance/caretaker.js';
import type { CaretakerOptions } from '../../src/maintenance/caretaker.js';

it('a backup to a path that is relative is refused, for it would lie where the writer happens to stand', async () => {
  const states = (): never => {
    throw new Error('was begun');
  };
  const caretaker = new Caretaker({ pen: () => ({ states }) } as unknown as CaretakerOptions);
  const target = 'a-backup-that-is-not-made';
  await expect(caretaker.carryOut({ action: 'backup', target })).resolves.toMatchObject({ ok: false, code: 'SOCOMM_TARGET_INVALID' });
  expect(existsSync(target)).toBe(false);
});
