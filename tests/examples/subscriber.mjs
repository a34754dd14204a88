// A subscriber in Node.js, written from proto/README.md: prints every entry of a school's journal once,
// in order, and goes on where it was when it is started again.
//
//   node subscriber.mjs PROTO_FOLDER CONTROL CURSOR_FILE [EVENTS [COUNT]]
//
// npm: see package.json.
import { blake2b } from '@noble/hashes/blake2.js';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import protobuf from 'protobufjs';
import { Dealer, Subscriber as Sub } from 'zeromq';

const VERSION = 1;
const MESSAGE_MAX = 4 << 20;
const TRY_MS = 3000; // for an answer, and for the silence after which the socket may be deaf
const [protoFolder, controlEndpoint, cursorFile, eventsEndpoint, countText] = process.argv.slice(2);

const root = new protobuf.Root();
root.resolvePath = (_, target) => (target.startsWith('google/') ? target : path.join(protoFolder, target));
await root.load(['roster/v1/control.proto', 'roster/v1/events.proto', 'roster/v1/journal.proto']);
const [Request, Reply, Beat, Entry] = ['Request', 'Reply', 'Beat', 'Entry'].map(name => root.lookupType(`roster.v1.${name}`));

const digest = bytes => Buffer.from(blake2b(bytes, { dkLen: 32 }));
const number = value => BigInt(value?.toString() ?? 0); // uint64: 0 when left out
const fail = message => { console.error(message); process.exit(1); };

const options = { linger: 0, maxMessageSize: MESSAGE_MAX, reconnectMaxInterval: 1000 };

// A question and its answer. A daemon that is away or restarting is waited for.
const control = new Dealer({ ...options, receiveTimeout: 250 });
control.connect(controlEndpoint);
async function ask(body) {
  for (;;) {
    const requestId = randomUUID();
    await control.send(Request.encode(Request.create({ version: VERSION, requestId, ...body })).finish());
    const deadline = Date.now() + TRY_MS;
    while (Date.now() < deadline) {
      let reply;
      try { reply = Reply.decode((await control.receive())[0]); } catch (error) {
        if (error.code !== 'EAGAIN') throw error;
        continue;
      }
      if (reply.requestId !== requestId) continue; // the late answer to an earlier question
      if (!reply.error) return reply;
      if (reply.error.code !== 'unavailable') fail(`rosterd refuses: ${reply.error.message}`);
      await setTimeout(1000); // then it may be asked again
      break;
    }
  }
}

// The last entry that was dealt with, and its digest; replaced as a whole, and on disk.
const cursor = { seq: 0n, digest: Buffer.alloc(32) };
if (fs.existsSync(cursorFile)) {
  const kept = JSON.parse(fs.readFileSync(cursorFile, 'utf8'));
  cursor.seq = BigInt(kept.seq);
  cursor.digest = Buffer.from(kept.digest, 'hex');
}
function sync(name, flags, text) {
  const file = fs.openSync(name, flags);
  if (text) fs.writeSync(file, text);
  fs.fsyncSync(file);
  fs.closeSync(file);
}
function save() {
  sync(`${cursorFile}.new`, 'w', JSON.stringify({ seq: cursor.seq.toString(), digest: cursor.digest.toString('hex') }));
  fs.renameSync(`${cursorFile}.new`, cursorFile);
  sync(path.dirname(path.resolve(cursorFile)), 'r');
}

let left = Number(countText ?? Infinity);
const follows = entry => number(entry.seq) === cursor.seq + 1n && cursor.digest.equals(entry.previous);
function take(entry, bytes) {
  console.log(`${entry.seq} ${entry.event}`);
  cursor.seq = number(entry.seq);
  cursor.digest = digest(bytes);
  left -= 1;
}

// A message that is what it says; null: it is not.
function parse(type, bytes) {
  let message;
  try { message = type.decode(bytes); } catch { return null; }
  return message.version === VERSION && message.school === school ? message : null;
}

// Entries, and the head. Only here can anything be found wrong with the journal.
async function replay(from, limit) {
  const since = protobuf.util.Long.fromString(from.toString(), true);
  const reply = (await ask({ school, replay: { since, limit } })).replay;
  const head = number(reply.head);
  if (head < cursor.seq) fail(`the journal ends at ${head}, and entry ${cursor.seq} was known`);
  if (reply.entries.length === 0 && head > from) {
    fail(`the journal goes on to ${head}, and what follows ${from} is not given`);
  }
  return { entries: reply.entries, head };
}

// Whether the journal still is the one that was known.
async function lookAgain() {
  if (cursor.seq === 0n) return;
  const { entries } = await replay(cursor.seq - 1n, 1);
  if (!digest(entries[0]).equals(cursor.digest)) fail(`another journal: entry ${cursor.seq} is not the one that was known`);
}

// Asks until nothing is missing.
async function catchUp() {
  while (left > 0) {
    const { entries, head } = await replay(cursor.seq, Math.min(1000, left));
    for (const bytes of entries) {
      const entry = parse(Entry, bytes);
      if (!entry || !follows(entry)) fail(`the journal is damaged: what follows ${cursor.seq} does not fit`);
      take(entry, bytes);
    }
    if (entries.length > 0) save();
    if (cursor.seq === head) return;
  }
}

// What is published is a hint. True: something may be missing.
async function hear(topic, bytes) {
  if (topic.toString().endsWith('.Beat')) {
    const beat = parse(Beat, bytes);
    if (beat && number(beat.head) === cursor.seq && !cursor.digest.equals(beat.headHash)) await lookAgain();
    return !beat || number(beat.head) > cursor.seq;
  }
  const entry = parse(Entry, bytes);
  if (entry && number(entry.seq) <= cursor.seq) return false; // known
  if (!entry || !follows(entry)) return true;
  take(entry, bytes);
  save();
  return false;
}

const { status } = await ask({ getStatus: {} });
const { school } = status.schools[0];
// Subscribed before the first question, so that nothing falls between.
const events = new Sub({ ...options, receiveHighWaterMark: 10_000, receiveTimeout: TRY_MS });
events.connect(eventsEndpoint ?? status.eventsEndpoint);
events.subscribe(`${school}.`);

await lookAgain();
await catchUp();
while (left > 0) {
  let frames;
  try { frames = await events.receive(); } catch (error) {
    if (error.code !== 'EAGAIN') throw error;
    frames = []; // silence: the socket may be deaf
  }
  if (frames.length !== 2 || await hear(...frames)) await catchUp();
}
process.exit(0);
