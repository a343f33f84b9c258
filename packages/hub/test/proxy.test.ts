import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile } from 'node:fs/promises';
import { createServer, request as httpRequest, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { download, inspect, type HubSettings } from '../src/index.js';
import { CompiledSource } from './helpers/compiled-source.js';
import { DownloadProcess } from './helpers/download-process.js';
import { LoopbackHub } from '@llmi/handler-testkit/hub';

const id = 'org/model';
const weights = Buffer.alloc(6 << 20, 'weights ');
const listen = (server: Server) => new Promise<number>((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));

let hub: LoopbackHub;
let proxy: Server;
let tunnels: string[];
let asked: (string | undefined)[];
let refuse = false;
let proxyPort = 0;
let settings: HubSettings;
const open = new Set<Socket>();
beforeAll(async () => {
  hub = await LoopbackHub.start({ [id]: { files: { 'config.json': '{"model_type": "bert"}', 'model.onnx': weights } } });
  proxy = createServer((_, response) => void response.writeHead(405).end()).on('connect', (request, client: Socket) => {
    tunnels.push(request.url!);
    asked.push(request.headers['proxy-authorization']);
    if (refuse) return void client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    const [host, port] = request.url!.split(':');
    const server = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      client.pipe(server).pipe(client);
    });
    for (const socket of [client, server]) open.add(socket.on('error', () => undefined));
  });
  proxyPort = await listen(proxy);
});
afterAll(async () => {
  for (const socket of open) socket.destroy();
  proxy.close();
  await hub[Symbol.asyncDispose]();
});
beforeEach(async () => {
  [tunnels, asked, refuse] = [[], [], false];
  settings = { endpoint: hub.url, cacheDir: await mkdtemp(join(tmpdir(), 'llmi-cache-')), timeoutMs: 3000, proxy: `http://127.0.0.1:${proxyPort}` };
});
const chosen = async () => ({ ...(await inspect({ kind: 'hub', id }, settings)), chosenFiles: ['config.json', 'model.onnx'] });

describe('a proxy', () => {
  it('carries everything, the CDN too', async () => {
    const folder = await download(await chosen(), settings);
    expect((await readFile(join(folder, 'model.onnx'))).equals(weights)).toBe(true);
    expect(new Set(tunnels).size).toBe(2); // the hub and the CDN
    expect(tunnels).toContain(new URL(hub.url).host);
  });

  it('is given its name and password, and the hub is not', async () => {
    settings.proxy = `http://me:p%40ss@127.0.0.1:${proxyPort}`;
    await download(await chosen(), settings);
    expect(new Set(asked)).toEqual(new Set([`Basic ${Buffer.from('me:p@ss').toString('base64')}`]));
    expect(hub.requests.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
  });

  it('that refuses is named as such', async () => {
    refuse = true;
    await expect(chosen()).rejects.toMatchObject({ code: 'HUB_UNREACHABLE', message: expect.stringContaining('407'), hint: expect.stringContaining('proxy') });
  });

  it('that is not there: said in a moment', async () => {
    settings.proxy = 'http://127.0.0.1:9';
    await expect(chosen()).rejects.toMatchObject({ code: 'HUB_UNREACHABLE', hint: expect.stringContaining('proxy') });
  });

  it('that is no address: a mistake in the settings, told without its password', async () => {
    settings.proxy = 'socks5://me:secret@127.0.0.1:9';
    const error: unknown = await chosen().catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(JSON.stringify(error)).not.toContain('secret');
  });
});

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
it.skipIf(!hasOpenssl)('an https hub is reached through the tunnel of a proxy, its certificate checked', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'llmi-tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  expect(spawnSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert, ...subject]).status).toBe(0);
  const tls = createTlsServer({ key: await readFile(key), cert: await readFile(cert) }, (request, response) => {
    const passed = httpRequest(`${hub.url}${request.url}`, { headers: { ...request.headers, host: new URL(hub.url).host } }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    passed.end();
  });
  const endpoint = `https://127.0.0.1:${await listen(tls)}`;
  await using source = await CompiledSource.make();
  const info = { ...(await chosen()), chosenFiles: ['config.json'] };
  tunnels = [];
  const secure = { ...settings, endpoint };
  const unknown = await new DownloadProcess(source, info, secure).ended;
  expect(unknown).toMatchObject({ code: 'HUB_UNREACHABLE' });
  const end = await new DownloadProcess(source, info, secure, {}, { NODE_EXTRA_CA_CERTS: cert }).ended;
  expect(end?.folder).toBeDefined();
  expect(new Set(tunnels)).toEqual(new Set([new URL(endpoint).host]));
  tls.closeAllConnections();
  tls.close();
});
