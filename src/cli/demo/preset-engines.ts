/**
 * The sound engines of the bundled library: which parameters each has, in which range, and what each leans on.
 * Engines differ, and effects come and go, so presets have different sets of parameters: from 60 to 130 of them.
 */

import type { EngineName, Trait } from './preset-vocabulary.js';

export interface Parameter {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** time: seconds or hertz, in even steps to the ear; count: whole numbers; choice: whole numbers that mean nothing. */
  readonly scale: 'linear' | 'time' | 'count' | 'choice';
  /** The trait that moves it; none: it is anywhere around the middle. */
  readonly leansOn?: Trait;
}

/** What every preset of an engine has. */
export const ENGINES: Readonly<Record<EngineName, readonly Parameter[]>> = {
  analog: [
    ...oscillator('osc1'),
    ...oscillator('osc2'),
    linear('sub_level', 0, 1),
    linear('noise_level', 0, 0.6, 'movement'),
    ...filter('filter'),
    ...envelope('amp_env'),
    ...envelope('filter_env'),
    ...lfo('lfo1'),
    ...lfo('lfo2'),
    ...slots(3),
    ...global(),
  ],
  fm: [
    choice('algorithm', 32),
    linear('brilliance', 0, 1, 'brightness'),
    ...operator('op1'),
    ...operator('op2'),
    ...operator('op3'),
    ...operator('op4'),
    ...lfo('lfo1'),
    ...slots(2),
    ...global(),
  ],
  wavetable: [
    ...table('table1'),
    ...table('table2'),
    linear('sub_level', 0, 1),
    ...filter('filter1'),
    ...filter('filter2'),
    choice('filter_routing', 3),
    ...envelope('amp_env'),
    ...envelope('mod_env'),
    ...lfo('lfo1'),
    ...lfo('lfo2'),
    ...slots(4),
    ...global(),
  ],
  grain: [
    choice('source', 48),
    linear('position', 0, 1),
    linear('position_spray', 0, 1, 'movement'),
    time('grain_size', 0.005, 0.8, 'attack'),
    time('grain_rate', 1, 120, 'movement'),
    linear('grain_shape', 0, 1),
    linear('grain_pan', 0, 1, 'width'),
    linear('pitch', -24, 24, 'pitch'),
    linear('pitch_spray', 0, 12, 'movement'),
    linear('reverse_chance', 0, 1, 'movement'),
    choice('freeze', 2),
    ...filter('filter'),
    ...envelope('amp_env'),
    ...lfo('lfo1'),
    ...lfo('lfo2'),
    ...slots(2),
    ...global(),
  ],
  modal: [
    choice('exciter', 5),
    linear('strike_hardness', 0, 1, 'brightness'),
    linear('strike_noise', 0, 1, 'drive'),
    linear('bow_pressure', 0, 1, 'attack'),
    choice('material', 8),
    linear('structure', 0, 1),
    count('partials', 4, 64, 'brightness'),
    linear('damping', 0, 1, 'space'),
    linear('inharmonicity', 0, 1, 'movement'),
    linear('pickup_position', 0, 1),
    time('ring_time', 0.05, 18, 'release'),
    linear('body_size', 0, 1),
    linear('body_mix', 0, 1),
    ...filter('filter'),
    ...envelope('amp_env'),
    ...lfo('lfo1'),
    ...slots(2),
    ...global(),
  ],
};

/** Effects that a preset may have or not. Reverb is always there. */
export const EFFECTS: readonly (readonly Parameter[])[] = [
  [time('chorus_rate', 0.05, 6, 'movement'), linear('chorus_depth', 0, 1, 'width'), linear('chorus_mix', 0, 0.7, 'width')],
  [
    time('delay_time', 0.02, 1.6),
    linear('delay_feedback', 0, 0.85, 'space'),
    linear('delay_tone', 0, 1, 'brightness'),
    linear('delay_mix', 0, 0.5, 'space'),
    choice('delay_sync', 2),
  ],
  [
    choice('distortion_type', 6),
    linear('distortion_drive', 0, 36, 'drive'),
    linear('distortion_tone', 0, 1, 'brightness'),
    linear('distortion_mix', 0, 1, 'drive'),
  ],
  [time('phaser_rate', 0.02, 8, 'movement'), linear('phaser_feedback', 0, 0.9), linear('phaser_mix', 0, 0.6, 'movement')],
];

export const REVERB: readonly Parameter[] = [
  linear('reverb_size', 0, 1, 'space'),
  time('reverb_decay', 0.2, 14, 'space'),
  linear('reverb_damping', 0, 1),
  time('reverb_pre_delay', 0.001, 0.12),
  linear('reverb_mix', 0, 0.8, 'space'),
];

function linear(name: string, min: number, max: number, leansOn?: Trait): Parameter {
  return { name, min, max, scale: 'linear', ...(leansOn && { leansOn }) };
}

function time(name: string, min: number, max: number, leansOn?: Trait): Parameter {
  return { name, min, max, scale: 'time', ...(leansOn && { leansOn }) };
}

function count(name: string, min: number, max: number, leansOn?: Trait): Parameter {
  return { name, min, max, scale: 'count', ...(leansOn && { leansOn }) };
}

function choice(name: string, length: number): Parameter {
  return { name, min: 0, max: length - 1, scale: 'choice' };
}

function oscillator(name: string): Parameter[] {
  return [
    choice(`${name}_wave`, 5),
    count(`${name}_octave`, -2, 2, 'pitch'),
    linear(`${name}_fine`, -0.3, 0.3),
    linear(`${name}_level`, 0.3, 1),
    linear(`${name}_pulse_width`, 0.5, 0.95),
    linear(`${name}_pw_mod`, 0, 0.4, 'movement'),
    choice(`${name}_sync`, 2),
    linear(`${name}_drift`, 0, 0.2, 'width'),
  ];
}

function table(name: string): Parameter[] {
  return [
    choice(`${name}_table`, 64),
    linear(`${name}_position`, 0, 1, 'brightness'),
    linear(`${name}_warp`, 0, 1, 'drive'),
    choice(`${name}_warp_mode`, 7),
    count(`${name}_octave`, -2, 2, 'pitch'),
    linear(`${name}_fine`, -0.3, 0.3),
    linear(`${name}_level`, 0.2, 1),
    linear(`${name}_pan`, -0.5, 0.5),
    count(`${name}_unison`, 1, 9, 'width'),
    linear(`${name}_detune`, 0, 0.5, 'width'),
    linear(`${name}_spread`, 0, 1, 'width'),
    linear(`${name}_phase`, 0, 1),
  ];
}

function operator(name: string): Parameter[] {
  return [
    linear(`${name}_ratio`, 0.5, 14, 'pitch'),
    linear(`${name}_fine`, -0.1, 0.1),
    linear(`${name}_level`, 0, 1, 'brightness'),
    linear(`${name}_feedback`, 0, 0.8, 'drive'),
    linear(`${name}_velocity`, 0, 1),
    ...envelope(name),
  ];
}

function filter(name: string): Parameter[] {
  return [
    choice(`${name}_type`, 8),
    time(`${name}_cutoff`, 80, 16_000, 'brightness'),
    linear(`${name}_resonance`, 0, 0.9),
    linear(`${name}_drive`, 0, 24, 'drive'),
    linear(`${name}_key_track`, 0, 1),
    linear(`${name}_env_amount`, -0.2, 1),
    linear(`${name}_velocity`, 0, 1),
  ];
}

function envelope(name: string): Parameter[] {
  return [
    time(`${name}_attack`, 0.001, 6, 'attack'),
    time(`${name}_decay`, 0.02, 8, 'release'),
    linear(`${name}_sustain`, 0, 1, 'attack'),
    time(`${name}_release`, 0.01, 12, 'release'),
    linear(`${name}_curve`, -1, 1),
    linear(`${name}_velocity_amount`, 0, 1),
  ];
}

function lfo(name: string): Parameter[] {
  return [
    choice(`${name}_wave`, 7),
    time(`${name}_rate`, 0.02, 20, 'movement'),
    linear(`${name}_depth`, 0, 1, 'movement'),
    choice(`${name}_sync`, 2),
    linear(`${name}_phase`, 0, 1),
    time(`${name}_delay`, 0.001, 4, 'attack'),
    choice(`${name}_retrigger`, 2),
  ];
}

function slots(length: number): Parameter[] {
  return Array.from({ length }, (_, index) => [
    choice(`mod${index + 1}_source`, 16),
    choice(`mod${index + 1}_target`, 40),
    linear(`mod${index + 1}_amount`, -1, 1),
  ]).flat();
}

function global(): Parameter[] {
  return [
    linear('volume', 0.5, 1),
    linear('pan', -0.1, 0.1),
    choice('voices', 16),
    choice('voice_mode', 3),
    time('glide', 0.001, 0.6),
    choice('legato', 2),
    count('unison_voices', 1, 8, 'width'),
    linear('unison_detune', 0, 0.4, 'width'),
    linear('stereo_width', 0, 1, 'width'),
    count('bend_range', 2, 12),
    linear('eq_low', -6, 6),
    linear('eq_mid', -6, 6),
    linear('eq_high', -6, 6, 'brightness'),
    linear('macro1', 0, 1),
    linear('macro2', 0, 1),
    linear('macro3', 0, 1),
    linear('macro4', 0, 1),
  ];
}
