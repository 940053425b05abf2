/** Made presets, the same from run to run: what a library keeps of one in its list, and a whole one of 2.5 KB. */

const PARAMETERS = 120;

/** As long as the metadata of a preset in a real library. */
export function presetOf(index) {
  return {
    name: `Preset ${index} ${['Warm', 'Glass', 'Hollow', 'Bright'][index % 4]} ${['Pad', 'Bass', 'Lead', 'Keys', 'Pluck'][index % 5]}`,
    author: `Author ${index % 120}`,
    bank: `Bank ${index % 64}`,
    category: ['Pads', 'Basses', 'Leads', 'Keys', 'Plucks', 'Effects'][index % 6],
    tags: ['warm', 'wide', `tag-${index % 40}`],
    body: `sha256-${(index * 2_654_435_761).toString(16).padStart(16, '0')}`,
  };
}

/** 120 parameters by name, each a double: 2.5 KB as Yjs writes them. */
export function presetBody(index) {
  return Object.fromEntries(Array.from({ length: PARAMETERS }, (_, at) => [`osc_${at}_level`, Math.sin(index + at / PARAMETERS)]));
}
