/** Each instance undoes what it did itself, also where several share one document. */

import { expect, test } from 'vitest';
import * as Y from 'yjs';

import { Undoing } from '../../src/talk/undo.js';
import { ConversationScene } from './conversation-scene.js';

test('eight instances of one peer undo each their own', () => {
  const group = new ConversationScene();
  const first = group.join();
  const crew = [first, ...Array.from({ length: 7 }, () => group.join({ with: first }))];
  const map = first.doc.getMap('presets');
  const managers = crew.map(({ host }) => new Undoing(host).undo(map));
  for (const [index, { host }] of crew.entries()) host.transact(() => map.set(`of-${index}`, index));
  for (const [index, manager] of managers.entries()) {
    manager.undo();
    expect(map.has(`of-${index}`)).toBe(false);
    expect(map.size).toBe(7 - index);
  }
  managers[3]?.redo();
  expect(map.toJSON()).toEqual({ 'of-3': 3 });
});

test('what nobody, or another origin, wrote is not undone unless it is tracked', () => {
  const { host, doc } = new ConversationScene().join();
  const map = doc.getMap('presets');
  const undoing = new Undoing(host);
  const [own, both] = [undoing.undo(map), undoing.undo(map, { trackedOrigins: new Set(['import']) })];
  map.set('nobody', 1);
  doc.transact(() => map.set('imported', 1), 'import');
  expect([own.canUndo(), both.canUndo()]).toEqual([false, true]);
  both.undo();
  expect(map.toJSON()).toEqual({ nobody: 1 });
});

test('a step ends where the caller says so, in all that the instance has', () => {
  const { host, doc } = new ConversationScene().join();
  const map = doc.getMap('presets');
  const undoing = new Undoing(host);
  const managers = [undoing.undo(map), undoing.undo(map)];
  host.transact(() => map.set('a', 1));
  undoing.stopCapturing();
  host.transact(() => map.set('b', 1));
  for (const manager of managers) expect(manager.undoStack).toHaveLength(2);
});

test('it ends with the instance, or by itself', () => {
  const group = new ConversationScene();
  const actor = group.join();
  const map = actor.doc.getMap('presets');
  const undoing = new Undoing(actor.host);
  const [ended, manager] = [undoing.undo(map), undoing.undo(map)];
  ended.destroy();
  let asked = 0;
  ended.stopCapturing = () => void asked++;
  undoing.stopCapturing();
  expect(asked).toBe(0);
  actor.host.transact(() => map.set('a', 1));
  expect([ended.canUndo(), manager.canUndo()]).toEqual([false, true]);
  actor.close();
  manager.stopCapturing();
  const last = manager.undoStack.length;
  actor.host.transact(() => map.set('b', 1));
  expect(manager.undoStack).toHaveLength(last);
  expect(manager).toBeInstanceOf(Y.UndoManager);
});
