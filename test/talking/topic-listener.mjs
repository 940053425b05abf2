/**
 * A process that subscribes to `count` and `large`, and tells its parent what it has heard when that asks: how many, whether in order,
 * what was missed, and the SHA-256 of the last large message. It ends with its channel.
 */

import { createHash } from 'node:crypto';
import { pathToFileURL } from 'node:url';

const [, , build, group, options] = process.argv;
const { join, raw } = await import(pathToFileURL(build).href);
const tell = (message) => process.connected && process.send(message, () => undefined);

const instance = await join(group, JSON.parse(options));
const heard = { count: 0, isInOrder: true, missed: 0, large: '' };
const onMissed = ({ count }) => (heard.missed += count);
instance.topic('count').subscribe(({ value }) => (heard.isInOrder &&= value === heard.count++), { onMissed });
instance.topic('large', raw()).subscribe(({ value }) => (heard.large = createHash('sha256').update(value).digest('hex')), { onMissed });
process.on('message', () => tell(heard));
process.on('disconnect', () => void instance.close());
tell('ready');
