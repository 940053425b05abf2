/** The questions, in the order in which they are asked. Each is a file: `{ name, title, sizes, smoke, measure }`; `smoke` are sizes at which no figure means anything. */

import { disk } from './questions/disk.mjs';
import { flush } from './questions/flush.mjs';
import { growthPeers } from './questions/growth-peers.mjs';
import { growthPresets } from './questions/growth-presets.mjs';
import { idle } from './questions/idle.mjs';
import { importing } from './questions/import.mjs';
import { joining } from './questions/join.mjs';
import { mapping } from './questions/mapping.mjs';
import { memory } from './questions/memory.mjs';
import { processor } from './questions/processor.mjs';
import { roundTrip } from './questions/round-trip.mjs';
import { takeover } from './questions/takeover.mjs';
import { talking } from './questions/talking.mjs';
import { updates } from './questions/updates.mjs';

export const questions = [
  roundTrip,
  updates,
  joining,
  flush,
  takeover,
  talking,
  mapping,
  processor,
  memory,
  idle,
  disk,
  importing,
  growthPeers,
  growthPresets,
];
