// The services out of proto/, and a connection to the server.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const root = fileURLToPath(new URL('../../proto', import.meta.url));
const files = ['ingest_service', 'forecast_service'].map((name) => `tremorcast/v1/${name}.proto`);
export const { tremorcast: { v1 } } = grpc.loadPackageDefinition(
  loadSync(files, { includeDirs: [root], keepCase: true, enums: String, longs: String, defaults: true, oneofs: true }));
export { grpc };

export function options(more) {
  return parseArgs({
    allowPositionals: true,
    options: { server: { type: 'string', default: process.env.TREMORCAST_SERVER ?? '127.0.0.1:50051' },
               'tls-ca': { type: 'string' }, 'token-file': { type: 'string' }, ...more } });
}

export function credentials({ 'tls-ca': roots, 'token-file': tokenFile }) {
  if (!roots) return grpc.credentials.createInsecure();
  const tls = grpc.credentials.createSsl(readFileSync(roots));
  if (!tokenFile) return tls;
  const token = readFileSync(tokenFile, 'utf8').trim();
  return grpc.credentials.combineChannelCredentials(tls, grpc.credentials.createFromMetadataGenerator((_, done) => {
    const metadata = new grpc.Metadata();
    metadata.set('authorization', `Bearer ${token}`);
    done(null, metadata);
  }));
}

const retryable = new Set([grpc.status.UNAVAILABLE, grpc.status.RESOURCE_EXHAUSTED, grpc.status.DEADLINE_EXCEEDED]);
// Waits as long as the server asks; an error that will not go away ends the program.
export async function waitAfter(error) {
  if (!retryable.has(error.code)) {
    console.error(`${grpc.status[error.code] ?? error.code}: ${error.details ?? error.message}`);
    process.exit(1);
  }
  const pushback = Number(error.metadata?.get('grpc-retry-pushback-ms')[0] ?? 1000);
  await new Promise((done) => setTimeout(done, pushback));
}
