/** What applications hang onto documents: observers that throw now and then, that write themselves, listeners that throw. */

import type { Random } from '../../src/base/random.js';
import { isShelf } from '../../src/documents/document-name.js';
import type { MachineRoom } from './machine-room.js';
import type { Member } from './member.js';
import type { Weather } from './weather.js';

/** Observers that write answer each other: not for ever. */
const ANSWERS_MAX = 15;

export class Listeners {
  readonly #room: MachineRoom;
  readonly #chance: Random;
  readonly #weather: Weather;
  readonly #listened = new WeakSet<object>();
  #count = 0;

  constructor(room: MachineRoom, chance: Random, weather: Weather) {
    this.#room = room;
    this.#chance = chance;
    this.#weather = weather;
  }

  /** Hangs them onto each document of the member that has none yet. */
  attach(member: Member): void {
    for (const name of member.peer.documentNames) {
      // No application ever sees the catalogue.
      if (isShelf(name)) continue;
      const doc = member.doc(name);
      if (this.#listened.has(doc)) continue;
      this.#listened.add(doc);
      let answers = 0;
      doc.getMap('map').observeDeep((_events, { local }) => {
        if (this.#weather.observersWrite && !this.#room.isCalm && !local && answers < ANSWERS_MAX && this.#chance.fraction() < 0.1) {
          answers++;
          doc.getMap('map').set(`answer${this.#chance.fraction() < 0.5 ? '' : ` of ${member.name}`}`, ++this.#count);
        }
        this.#throwSometimes(this.#weather.observerThrowRate, 'observers that threw');
      });
      doc.on('update', () => this.#throwSometimes(this.#weather.listenerThrowRate, 'update listeners that threw'));
    }
  }

  #throwSometimes(rate: number, what: string): void {
    if (this.#room.isCalm || rate === 0 || this.#chance.fraction() >= rate) return;
    this.#room.count(what);
    throw planned();
  }
}

const PLANNED = 'a listener of the application throws, as planned';

function planned(): Error {
  return new Error(PLANNED);
}

export function isPlanned(error: unknown): boolean {
  return error instanceof Error && error.message === PLANNED;
}
