/**
 * What of Electron matters to native packages in an archive, for plain Node: a binary is looked for inside `app.asar`, and loaded from the same place
 * below `app.asar.unpacked`. Here the archive is a folder, so reading from it needs no patch.
 */

const { existsSync } = require('node:fs');

const load = process.dlopen;
process.dlopen = function dlopen(module, path, ...more) {
  const unpacked = path.replace(/app\.asar(?=[/\\])/, 'app.asar.unpacked');
  return load.call(this, module, existsSync(unpacked) ? unpacked : path, ...more);
};
