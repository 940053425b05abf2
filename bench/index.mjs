/**
 * `npm run bench [-- questions] [--rounds=n …]`: socomm, its peers and the limits below it, in one run; ends with the table of the bars.
 * `--smoke` goes through everything at sizes at which no figure means anything; `--report` writes the results into bench/README.md, `--json=<file>`
 * into a file. `npm run bench -- scale …` is scale.mjs, with rows and sizes of its own. Method: bench/README.md.
 */

import { writeFileSync } from 'node:fs';

import { arePeersThere, installPeers } from './harness/peers.mjs';
import { withPlaces } from './harness/places.mjs';
import { withSides } from './harness/sides.mjs';
import { questions } from './questions.mjs';
import { describeMachine } from './report/machine.mjs';
import { writeReport } from './report/report.mjs';
import { aligned, judgedTable, measuredTable } from './report/text.mjs';

const SMOKED_AT_ONCE = 3;

const given = process.argv.slice(2);
if (given[0] === 'scale') {
  const { scale } = await import('./scale.mjs');
  process.exitCode = (await scale(given.slice(1))) ? 0 : 1;
} else await run(read(given));

async function run({ chosen, isSmoke, isReport, json, sizes }) {
  const startedAt = performance.now();
  // A smoke run never needs the network.
  const peers = isSmoke ? arePeersThere() : installPeers(console.log);
  // Only now: their versions are part of it.
  const machine = describeMachine();
  if (isSmoke && !peers) console.log('bench/peers is not installed: its questions are skipped');
  console.log(`${machine.text}\n`);
  const answers = [];
  const ask = async (question, place) => {
    const begun = performance.now();
    const own = Object.keys(sizes).filter((name) => name in question.sizes);
    const used = { ...question.sizes, ...(isSmoke && question.smoke), ...Object.fromEntries(own.map((name) => [name, sizes[name]])) };
    const answer = await withPlaces((place) => withSides((start) => question.measure({ start, place, peers, sizes: used })));
    const { name, title } = question;
    answers[place] = { name, title, seconds: (performance.now() - begun) / 1000, ...answer };
    console.log(`${title} (${answers[place].seconds.toFixed(1)} s)\n${aligned(measuredTable([answers[place]]).slice(1))}`);
    for (const note of answer.notes ?? []) console.log(note);
    console.log('');
  };
  // One after the other: who is measured has the machine to himself. Where nothing is measured, some at a time.
  const places = chosen.keys();
  const askAll = async () => {
    for (const place of places) await ask(chosen[place], place);
  };
  await Promise.all(Array.from({ length: isSmoke ? SMOKED_AT_ONCE : 1 }, askAll));
  const seconds = (performance.now() - startedAt) / 1000;
  console.log(aligned(judgedTable(answers)));
  console.log(`\n${seconds.toFixed(0)} s`);
  // Where the figures go says nothing about them.
  const said = given.filter((word) => !word.startsWith('--json='));
  const command = said.length > 0 ? `npm run bench -- ${said.join(' ')}` : 'npm run bench';
  if (json !== undefined) writeFileSync(json, `${JSON.stringify({ machine, seconds, command, answers }, undefined, 2)}\n`);
  if (isReport) writeReport({ machine, seconds, command, answers });
}

function read(words) {
  const chosen = [];
  const sizes = {};
  let [isSmoke, isReport, json] = [false, false, undefined];
  for (const word of words) {
    const [, name, value] = /^--(\w+)=(.+)$/.exec(word) ?? [];
    const question = questions.find((each) => each.name === word);
    if (word === '--smoke') isSmoke = true;
    else if (word === '--report') isReport = true;
    else if (name === 'json') json = value;
    else if (name !== undefined && Number(value) > 0) sizes[name] = Number(value);
    else if (question !== undefined) chosen.push(question);
    else throw new TypeError(`'${word}' is none of the questions ${questions.map((each) => each.name).join(', ')}, scale`);
  }
  if (isSmoke && isReport) throw new TypeError('the figures of a smoke run mean nothing: nothing is reported');
  const all = chosen.length > 0 ? chosen : questions;
  const unknown = Object.keys(sizes).find((name) => all.every((question) => !(name in question.sizes)));
  if (unknown !== undefined) throw new TypeError(`none of these questions has a size '${unknown}'`);
  return { chosen: all, isSmoke, isReport, json, sizes };
}
