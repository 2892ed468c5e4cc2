// Streams one AETA file (StationID,TimeStamp,<features>) and goes on where an earlier run stopped.
// Ends with 0 when every row was stored or had been before, with 4 when some were rejected or in conflict.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { credentials, grpc, options, v1, waitAfter } from './channel.mjs';

const ROWS_PER_BATCH = 144; // a day
const IN_FLIGHT = 4; // batches sent and not answered yet

const { values, positionals: [file] } = options({});
if (!file) throw new Error('usage: stream_file.mjs [--server HOST:PORT] FILE');
const source = basename(file).slice(0, 64);
const [header, ...rows] = readFileSync(file, 'utf8').replace(/^\uFEFF/, '').trimEnd().split(/\r?\n/).map((line) => line.split(','));
const features = header.slice(2);
const magn = features[0].startsWith('magn@');

// Batches of the rows from `first` on, each of one station; positions are rows that were sent.
function* batches(first) {
  while (first < rows.length) {
    let end = first;
    while (end < rows.length && end - first < ROWS_PER_BATCH && rows[end][0] === rows[first][0]) ++end;
    yield {
      station: `stations/${rows[first][0]}`, source, batch_id: `${source}:${first}`, position: String(end), delivery: 'DELIVERY_BACKFILL',
      // By name: the columns may stand in any order.
      feature_order: magn ? { magn_features: features } : { sound_features: features },
      rows: rows.slice(first, end).map((row) => ({
        slot_time: { seconds: row[1] }, signal: magn ? 'SIGNAL_MAGN' : 'SIGNAL_SOUND', values: row.slice(2).map(Number) })),
    };
    first = end;
  }
}

const client = new v1.IngestService(values.server, credentials(values));
const totals = { accepted: 0, duplicate: 0, conflict: 0, late: 0, rejected: 0 };

// Sends what is left; resolves to true when all of it was answered.
async function runOnce() {
  const place = await new Promise((done, failed) => client.GetIngestPosition(
    { station: `stations/${rows[0][0]}`, source }, { deadline: Date.now() + 30_000 }, (error, answer) => error ? failed(error) : done(answer)));
  return new Promise((done, failed) => {
    const left = batches(place.found ? Number(place.position) : 0);
    const stream = client.StreamObservations();
    const send = () => {
      const { value, done: none } = left.next();
      if (none) stream.end(); else stream.write({ batch: value });
    };
    let drained = false;
    stream.on('data', (answer) => {
      if (answer.result === 'draining') { drained = true; stream.end(); return; }
      if (answer.result === 'failure') { failed(Object.assign(new Error(answer.failure.status.message), { code: grpc.status.ABORTED })); return; }
      const { verdict } = answer;
      for (const name of Object.keys(totals)) totals[name] += Number(verdict[`${name}_count`]);
      for (const run of verdict.runs)
        if (run.verdict === 'VERDICT_REJECTED') console.error(`${verdict.batch_id} row ${run.first_row}: ${run.reason} ${run.field_path}`);
      if (!drained) send();
    });
    stream.on('error', failed);
    stream.on('end', () => done(!drained));
    for (let i = 0; i < IN_FLIGHT; ++i) if (stream.writable) send();
  });
}

for (let done = false; !done;) {
  try { done = await runOnce(); } catch (error) { await waitAfter(error); }
}
client.close();
console.log(Object.entries(totals).map(([name, count]) => `${name}=${count}`).join(' '));
process.exitCode = totals.rejected + totals.conflict > 0 ? 4 : 0;
