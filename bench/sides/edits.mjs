/** What people do to a document for an hour, as tasks of sides/document.mjs: edits, real editing sessions, automation. */

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

import { turn } from '../harness/serve.mjs';

const TRANSACTIONS_PER_TURN = 20;
const KNOBS = ['cutoff', 'resonance', 'drive', 'mix'];
const PER_SECOND = 60;

/** @param {() => any} opened */
export function editingTasks(opened) {
  return {
    /** Each edit is on disk before the next, as it is where a second lies between two. */
    async edit({ presets, edits }) {
      const map = opened().doc.getMap('presets');
      for (let each = 0; each < edits; each++) {
        const id = `preset-${(each * 7919) % presets}`;
        map.set(id, { ...map.get(id), name: `Edited ${each}`, favourite: each % 3 === 0 });
        await opened().flush();
      }
    },

    async trace({ file, transactions }) {
      const { txns } = JSON.parse(gunzipSync(readFileSync(file)).toString('utf8'));
      const { doc } = opened();
      const text = doc.getText('text');
      for (const [at, { patches }] of txns.slice(0, transactions).entries()) {
        doc.transact(() => {
          for (const [position, removed, inserted] of patches) {
            if (removed > 0) text.delete(position, removed);
            if (inserted.length > 0) text.insert(position, inserted);
          }
        });
        if (at % TRANSACTIONS_PER_TURN === 0) await turn();
      }
    },

    /** Time runs as fast as the machine can; the end of each gesture is durable before the next second begins. */
    async automate({ seconds }) {
      const { instance } = opened();
      const map = instance.doc.getMap('knobs');
      const gestures = KNOBS.map((knob) => instance.gesture(map, knob));
      for (let second = 0; second < seconds; second++) {
        for (let move = 0; move < PER_SECOND; move++) for (const gesture of gestures) gesture.move(Math.sin(second * PER_SECOND + move));
        gestures[second % KNOBS.length].commit(Math.cos(second));
        await instance.flush();
      }
    },
  };
}
