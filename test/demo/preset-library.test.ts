import { describe, expect, test } from 'vitest';

import { PRESET_COUNT, presetLibrary } from '../../src/cli/demo/preset-library.js';

const library = presetLibrary();
const sizes = library.map(({ params }) => Object.keys(params).length);

describe('the bundled preset library', () => {
  test('is the same for the same seed, and another for another', () => {
    expect(presetLibrary()).toEqual(library);
    expect(presetLibrary(7)).toEqual(presetLibrary(7));
    expect(presetLibrary(7)).not.toEqual(library);
  });

  test('has at least 300 presets with 60 to 130 parameters each', () => {
    expect(library).toHaveLength(PRESET_COUNT);
    expect(PRESET_COUNT).toBeGreaterThanOrEqual(300);
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(60);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(130);
  });

  test('stays within those sizes whatever the seed', () => {
    for (let seed = 1; seed <= 20; seed++) {
      for (const { params } of presetLibrary(seed)) {
        expect(Object.keys(params).length).toBeGreaterThanOrEqual(60);
        expect(Object.keys(params).length).toBeLessThanOrEqual(130);
      }
    }
  });

  test('has ten categories and more, several authors, tags, and different sets of parameters', () => {
    expect(new Set(library.map(({ category }) => category)).size).toBeGreaterThanOrEqual(10);
    expect(new Set(library.map(({ author }) => author)).size).toBeGreaterThanOrEqual(6);
    expect(new Set(library.map(({ params }) => Object.keys(params).join())).size).toBeGreaterThan(20);
    for (const { tags } of library) expect(new Set(tags).size).toBeGreaterThanOrEqual(2);
  });

  test('repeats a few names, as real libraries do, and no id', () => {
    const names = new Set(library.map(({ name }) => name));
    expect(names.size).toBeLessThan(library.length);
    expect(names.size).toBeGreaterThan(library.length * 0.9);
    expect(new Set(library.map(({ id }) => id)).size).toBe(library.length);
    for (const { id } of library) expect(id).toMatch(/^[a-z0-9-]+$/);
  });

  test('has values that go with the category: a pad begins slowly, percussion at once', () => {
    const attack = (category: string): number => {
      const found = library.filter((preset) => preset.category === category).flatMap(({ params }) => params['amp_env_attack'] ?? []);
      return found.sort((a, b) => a - b)[Math.floor(found.length / 2)] ?? Number.NaN;
    };
    expect(attack('Pad')).toBeGreaterThan(0.3);
    expect(attack('Percussion')).toBeLessThan(0.01);
  });

  test('holds plain finite numbers only', () => {
    for (const { params } of library) for (const value of Object.values(params)) expect(Number.isFinite(value)).toBe(true);
    expect(JSON.parse(JSON.stringify(library))).toEqual(library);
  });
});
