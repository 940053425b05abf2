/** Who is there, as people read it: a row for each instance. */

import { abbreviate } from '../output/format.js';
import { formatTable } from '../output/table.js';
import type { Terminal } from '../output/terminal.js';
import { shortId } from './ids.js';
import type { PeerThere } from './peers-there.js';

const COLUMNS = [
  { heading: 'instance' },
  { heading: 'pid', isNumber: true },
  { heading: 'role' },
  { heading: 'version' },
  { heading: 'presence' },
] as const;
/** What the columns before it take, and the spaces between: `1a2b3c4d….12  4194304  follower  0.1.0`. */
const BEFORE_PRESENCE_COLUMNS = 44;
const PRESENCE_COLUMNS_MIN = 16;

export function peerLines(peers: readonly PeerThere[], terminal: Terminal): readonly string[] {
  if (peers.length === 0) return [];
  const room = Math.max(PRESENCE_COLUMNS_MIN, terminal.columns - BEFORE_PRESENCE_COLUMNS);
  const rows = peers.flatMap(({ id, pid, role, version, isSilent, instances }) => {
    const row = (name: string, presence: string): readonly string[] => [name, String(pid), role, version, presence];
    if (isSilent) return [row(shortId(id), 'does not answer')];
    return instances.map((each) => row(shortId(each.id), each.presence === null ? '–' : abbreviate(each.presence, room)));
  });
  return formatTable(COLUMNS, rows, (heading) => terminal.style('dim', heading));
}
