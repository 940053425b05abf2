/**
 * A subscriber in a process of its own, as libzmq likes it least: it looks whether there is something to read, ends the connection,
 * and only then reads. It says what it has read. Arguments: endpoint, key.
 */

import { setImmediate as turn } from 'node:timers/promises';

import { Subscriber } from 'zeromq';

const [endpoint, key] = process.argv.slice(2);
const socket = new Subscriber({ linger: 0 });
socket.connect(endpoint);
socket.subscribe(key);
while (!socket.readable) await turn();
socket.disconnect(endpoint);
// Without looking once more, as a loop that reads until there is nothing.
socket.receiveTimeout = 0;
const message = await socket.receive();
process.send(message.map(String));
socket.close();
process.disconnect();
