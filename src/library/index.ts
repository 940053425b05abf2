/** `socomm/library`: a preset library for all copies of a plugin. What is not exported here is nobody's business. */

export { openLibrary } from './open-library.js';
export { importPresets } from './exchange/import-presets.js';
export type { ImportCounts, ImportOptions, ImportProgress, ImportReport } from './exchange/import-presets.js';
export type { ImportPlace, ImportProblem } from './exchange/read-presets.js';
export { exportPresets } from './exchange/preset-files.js';
export type { ExportFormat, ExportOptions, ExportReport } from './exchange/preset-files.js';
export type { LibraryOptions } from './library-options.js';
export type { LibraryBlobs, LibraryDocument, LibraryHost, LibrarySettings } from './library-host.js';
export type { AddManyOptions, AddOptions, Facets, Library, LibraryChange, LibraryEvents, PresetEntry, PresetWritten } from './library.js';
export type {
  BodyReference,
  JsonValue,
  NewPreset,
  Preset,
  PresetField,
  PresetFields,
  PresetId,
  PresetPlace,
  PresetQuery,
  PresetSort,
  PresetSource,
} from './preset.js';
