/** Executes each cell of the tables of transitions against the real engine. */

import { describe, expect, test } from 'vitest';

import { framesByDocument, inputsByDocument } from './document-table.js';
import { framesByLink, inputsByLink } from './link-table.js';
import { frames, inputs } from './samples.js';
import type { FrameSample, InputSample } from './samples.js';
import { DOCUMENT_STATES, LINK_STATES, documentScene, linkedScene } from './scene.js';
import type { Scene } from './scene.js';
import { cell } from './words.js';

/** How one table is read: the subject's states, how it comes into one, and in which it is. */
interface Subject<State extends string> {
  readonly states: readonly State[];
  readonly sceneIn: (state: State) => Scene;
  readonly stateOf: (scene: Scene) => State;
}

const link: Subject<(typeof LINK_STATES)[number]> = { states: LINK_STATES, sceneIn: linkedScene, stateOf: (scene) => scene.link };
const document: Subject<(typeof DOCUMENT_STATES)[number]> = {
  states: DOCUMENT_STATES,
  sceneIn: documentScene,
  stateOf: (scene) => scene.document,
};

function outcome<State extends string>(
  { sceneIn, stateOf }: Subject<State>,
  state: State,
  put: (scene: Scene) => ReturnType<Scene['feed']>,
): string {
  const scene = sceneIn(state);
  expect(stateOf(scene)).toBe(state);
  const effects = put(scene);
  expect(scene.engine.wakeAt).toBeGreaterThanOrEqual(scene.now);
  return cell(effects, state, stateOf(scene));
}

/** A row as the engine fills it. */
function rowOf<State extends string>(subject: Subject<State>, put: (scene: Scene) => ReturnType<Scene['feed']>): object {
  return Object.fromEntries(subject.states.map((state) => [state, outcome(subject, state, put)]));
}

/** A row as the table has it. */
function namedRow(states: readonly string[], row: readonly string[]): object {
  return Object.fromEntries(states.map((state, index) => [state, row[index]]));
}

const hear = (sample: FrameSample) => (scene: Scene) => scene.hear(frames[sample](scene));
const feed = (sample: InputSample) => (scene: Scene) => scene.feed(inputs[sample](scene));

describe('in each state of a link, as the table says, goes', () => {
  test.each(Object.keys(framesByLink) as FrameSample[])('the frame %s', (sample) => {
    expect(rowOf(link, hear(sample))).toEqual(namedRow(LINK_STATES, framesByLink[sample]));
  });

  test.each(Object.keys(inputsByLink) as InputSample[])('the input %s', (sample) => {
    expect(rowOf(link, feed(sample))).toEqual(namedRow(LINK_STATES, inputsByLink[sample]));
  });
});

describe('in each state of a document, as the table says, goes', () => {
  test.each(Object.keys(framesByDocument) as FrameSample[])('the frame %s', (sample) => {
    expect(rowOf(document, hear(sample))).toEqual(namedRow(DOCUMENT_STATES, framesByDocument[sample]));
  });

  test.each(Object.keys(inputsByDocument) as InputSample[])('the input %s', (sample) => {
    expect(rowOf(document, feed(sample))).toEqual(namedRow(DOCUMENT_STATES, inputsByDocument[sample]));
  });
});
