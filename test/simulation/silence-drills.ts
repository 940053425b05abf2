/** Drills (see drills.ts) in which somebody stops. With few who watch most of a group rests meanwhile, and is told as soon as anybody. */

import { PULSE_INTERVAL_MS, PULSE_REST_MS, STALL_MS } from '../../sync/limits.js';
import type { Member } from './member.js';
import { within } from './stage.js';
import type { Crew, Drill, Stage } from './stage.js';

/** Until the pulser may call somebody silent who stopped right after an answer, and its word has come. */
const SILENT_KNOWN_MS = PULSE_REST_MS + PULSE_INTERVAL_MS + 20;
const STALL_KNOWN_MS = STALL_MS + 20;
const HEARD_AGAIN_MS = PULSE_INTERVAL_MS + 20;
/** Nothing has happened for long enough, and a pulse to all has said so. */
const AT_REST_MS = 7000;

/** One that follows, then the writer: each is known to be silent, and nobody else is. */
async function stopped(stage: Stage, { writer, one }: Crew): Promise<void> {
  const { room, chance } = stage.cast;
  const others = (member: Member): Member[] => [...room.members].filter((other) => other !== member);
  const areSilentTo = ({ peer }: Member): string => [...peer.silentPeers].join();
  for (const member of [one, writer]) {
    await stage.advance(AT_REST_MS + chance.fraction() * PULSE_REST_MS);
    if (others(member).some((other) => areSilentTo(other) !== '')) room.violated('somebody is silent though nobody has stopped');
    const goOn = room.stop(member);
    const stoppedAt = room.clock.now();
    await within(stage, SILENT_KNOWN_MS, 'one that has stopped is known to be silent, and nobody else is', () =>
      others(member).every((other) => areSilentTo(other) === member.peer.id),
    );
    if (member === writer)
      await within(stage, stoppedAt + STALL_KNOWN_MS - room.clock.now(), 'all are told of a stalled writer', () =>
        others(writer).every(({ peer }) => peer.synchronizer.state.stallReason === 'writer-silent'),
      );
    goOn();
    await within(stage, HEARD_AGAIN_MS, 'one that goes on is heard again', () =>
      others(member).every(({ peer }) => peer.silentPeers.size === 0 && peer.synchronizer.state.stallReason === undefined),
    );
  }
}

export const SILENCE_DRILL: Drill = stopped;
