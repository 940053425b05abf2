/**
 * The words of the bundled library: categories with their character, authors, names, and sentences for comments.
 * All of it made up for this demo. What an engine's parameters are called stands in preset-engines.ts.
 */

/** Where a sound lies between two extremes; each from 0 to 1. Parameters lean on these, and so hang together. */
export interface Character {
  /** Snappy … slow. */
  readonly attack: number;
  /** Short … ringing. */
  readonly release: number;
  /** Dull … bright. */
  readonly brightness: number;
  /** Still … restless. */
  readonly movement: number;
  /** Dry … drowned. */
  readonly space: number;
  /** Clean … broken. */
  readonly drive: number;
  /** Low … high. */
  readonly pitch: number;
  /** One voice … a choir. */
  readonly width: number;
}

export type Trait = keyof Character;

export interface Category {
  readonly name: string;
  readonly character: Character;
  readonly engines: readonly EngineName[];
  readonly adjectives: readonly string[];
  readonly nouns: readonly string[];
  /** Names that many libraries have more than once. */
  readonly standards: readonly string[];
  readonly tags: readonly string[];
}

export type EngineName = 'analog' | 'fm' | 'wavetable' | 'grain' | 'modal';

export const AUTHORS: readonly string[] = [
  'North Room',
  'Tape Garden',
  'Low Ceiling',
  'Paper Antenna',
  'Second Harbour',
  'Slow Relay',
  'Glass Orchard',
  'Mono Ferry',
];

export const COMMENT_STARTS: readonly string[] = [
  'Made for',
  'Sits well in',
  'Wants',
  'Best with',
  'Leave room for',
  'Try it on',
  'Works against',
];

export const COMMENT_ENDS: readonly string[] = [
  'a slow verse',
  'the mod wheel half up',
  'a dry drum room',
  'long notes',
  'short notes and a lot of echo',
  'two octaves below the lead',
  'a sparse mix',
  'aftertouch',
  'the second chorus',
  'a broken piano',
  'sixteenths at 120',
  'a loud room',
];

export const CATEGORIES: readonly Category[] = [
  category(
    'Pad',
    'wavetable analog grain',
    [0.8, 0.85, 0.4, 0.45, 0.75, 0.1, 0.5, 0.8],
    'Pale Drifting Amber Quiet Silver Distant Woollen Evening Hollow Tidal',
    'Meadow Horizon Canopy Estuary Veil Lantern Plateau Winter Chapel Halo',
    'Warm Pad,Soft Pad',
    'warm wide slow evolving airy',
  ),
  category(
    'Bass',
    'analog fm',
    [0.05, 0.25, 0.35, 0.15, 0.05, 0.45, 0.15, 0.15],
    'Rubber Iron Concrete Velvet Blunt Heavy Round Crooked Basement Tarmac',
    'Pillar Anchor Engine Cellar Boot Girder Tunnel Piston Whale Root',
    'Sub Bass,Reese',
    'deep mono punchy dirty sub',
  ),
  category(
    'Lead',
    'analog wavetable fm',
    [0.1, 0.35, 0.7, 0.35, 0.35, 0.4, 0.6, 0.35],
    'Electric Burning Sharp Copper Neon Proud Wild Narrow Singing Razor',
    'Comet Siren Arrow Falcon Beacon Ribbon Torch Whistle Kite Signal',
    'Saw Lead,Square Lead',
    'bright cutting mono glide solo',
  ),
  category(
    'Pluck',
    'modal fm wavetable',
    [0.02, 0.35, 0.6, 0.15, 0.4, 0.1, 0.6, 0.4],
    'Dewy Wooden Tiny Crystal Nylon Dotted Clear Brittle Morning Folded',
    'Thimble Pebble Harp Marble Rain Twig Clockwork Bead Fountain Acorn',
    'Soft Pluck,Kalimba',
    'short percussive delicate sequence',
  ),
  category(
    'Keys',
    'fm analog modal',
    [0.04, 0.45, 0.5, 0.2, 0.3, 0.15, 0.5, 0.35],
    'Dusty Attic Faded Upright Velour Smoky Lacquered Midnight Worn Honest',
    'Tines Parlour Reeds Hammers Console Ballad Teahouse Cabinet Portrait Hymn',
    'E Piano,Clavinet',
    'vintage mellow velocity chords',
  ),
  category(
    'Bell',
    'fm modal',
    [0.01, 0.8, 0.8, 0.1, 0.6, 0.05, 0.75, 0.5],
    'Frozen Bronze Porcelain Starlit Cracked Temple Icy Clear Sunken Tin',
    'Carillon Chime Gong Icicle Snowfall Steeple Bowl Constellation Glass Toll',
    'Tubular Bells,Music Box',
    'metallic shimmering long pure',
  ),
  category(
    'Strings',
    'analog wavetable modal',
    [0.5, 0.6, 0.5, 0.3, 0.5, 0.1, 0.5, 0.75],
    'Bowed Noble Threadbare Autumn Northern Muted Solemn Rosin Patient Grand',
    'Section Procession Gallery Waltz Overture Orchard Lament Chorale Meridian Balcony',
    'String Ensemble,Solina',
    'ensemble lush legato orchestral',
  ),
  category(
    'Brass',
    'analog fm',
    [0.25, 0.35, 0.6, 0.2, 0.3, 0.35, 0.4, 0.5],
    'Golden Marching Broad Harbour Bold Burnished Royal Gruff Muted Rising',
    'Fanfare Bugle Regiment Foghorn Choir Parade Herald Stack Banner Summit',
    'Synth Brass,Polybrass',
    'stab ensemble bold swell',
  ),
  category(
    'Arp',
    'wavetable analog fm',
    [0.03, 0.3, 0.65, 0.6, 0.5, 0.2, 0.6, 0.45],
    'Running Chasing Spiral Nervous Clocked Bouncing Motor Endless Turning Looped',
    'Staircase Carousel Relay Traffic Zoetrope Ladder Escalator Commuter Domino Circuit',
    'Trance Arp,Sixteenths',
    'rhythmic sequence synced pulsing',
  ),
  category(
    'Texture',
    'grain wavetable',
    [0.7, 0.9, 0.45, 0.85, 0.85, 0.3, 0.5, 0.9],
    'Scattered Rusting Buried Breathing Magnetic Foggy Submerged Torn Phosphor Ancient',
    'Archive Static Moss Weather Sediment Pollen Murmur Cavern Driftwood Spores',
    'Atmosphere,Granular Cloud',
    'evolving noisy cinematic dark grain',
  ),
  category(
    'Percussion',
    'modal fm grain',
    [0.0, 0.15, 0.55, 0.1, 0.2, 0.45, 0.35, 0.2],
    'Dry Clay Tight Hollow Loose Oil Leather Scrap Snapped Damp',
    'Knock Clap Drum Barrel Click Stomp Rattle Block Slap Tom',
    'Kick,Snare',
    'drum hit short transient',
  ),
  category(
    'Effect',
    'grain wavetable analog',
    [0.4, 0.7, 0.6, 0.95, 0.7, 0.6, 0.5, 0.7],
    'Falling Broken Reverse Radio Orbital Warped Glitched Rising Alarmed Haunted',
    'Elevator Transmission Meteor Turbine Portal Swarm Sonar Reactor Blackout Descent',
    'Riser,Downlifter',
    'transition noise sweep sci-fi',
  ),
];

/** Words come separated by blanks; a word of two (`Teahouse`) is therefore two nouns less one: harmless, and shorter to read. */
function category(
  name: string,
  engines: string,
  traits: readonly [number, number, number, number, number, number, number, number],
  adjectives: string,
  nouns: string,
  standards: string,
  tags: string,
): Category {
  const [attack, release, brightness, movement, space, drive, pitch, width] = traits;
  return {
    name,
    character: { attack, release, brightness, movement, space, drive, pitch, width },
    engines: engines.split(' ') as EngineName[],
    adjectives: adjectives.split(' '),
    nouns: nouns.split(' '),
    standards: standards.split(','),
    tags: tags.split(' '),
  };
}
