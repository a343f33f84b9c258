import { EventEmitter } from 'node:events';
import type { FastifyReply } from 'fastify';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EventStream } from './event-stream.js';

class FakeResponse extends EventEmitter {
  readonly written: string[] = [];
  destroyed = false;
  hasRoom = true;
  readonly writeHead = vi.fn();
  readonly end = vi.fn();

  write(text: string): boolean {
    this.written.push(text);
    return this.hasRoom;
  }

  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

function open() {
  const response = new FakeResponse();
  const reply = { raw: response, hijack: vi.fn(), getHeaders: () => ({ 'x-request-id': 'r1' }) };
  return { response, stream: new EventStream(reply as unknown as FastifyReply) };
}

const ticks = () => new Promise<void>((resolve) => process.nextTick(resolve));

describe('EventStream', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  it('sends frames that are there together in one write, and the head with the first', async () => {
    const { response, stream } = open();
    expect(stream.hasBegun).toBe(false);
    void stream.write('a');
    await Promise.resolve();
    void stream.write('b');
    expect(response.writeHead).not.toHaveBeenCalled();
    expect(stream.hasBegun).toBe(true);
    await ticks();
    expect(response.written).toEqual(['ab']);
    expect(response.writeHead).toHaveBeenCalledWith(200, expect.objectContaining({ 'x-request-id': 'r1', 'content-type': 'text/event-stream; charset=utf-8' }));
    void stream.write('c');
    await ticks();
    expect(response.written).toEqual(['ab', 'c']);
    expect(response.writeHead).toHaveBeenCalledOnce();
  });

  it('pings every 15 seconds until it is disposed', async () => {
    const { response, stream } = open();
    vi.advanceTimersByTime(31_000);
    await ticks();
    expect(response.written.join('')).toBe(': ping\n\n: ping\n\n');
    stream[Symbol.dispose]();
    vi.advanceTimersByTime(60_000);
    await ticks();
    expect(response.written.join('')).toBe(': ping\n\n: ping\n\n');
  });

  it('says when the client has no room, and when it has room again', async () => {
    const { response, stream } = open();
    response.hasRoom = false;
    expect(stream.write('a')).toBeUndefined();
    await ticks();
    const drained = stream.write('b');
    expect(drained).toBeInstanceOf(Promise);
    response.hasRoom = true;
    response.emit('drain');
    await drained;
    expect(stream.write('c')).toBeUndefined();
  });

  it('gives up on a client that takes nothing for two minutes', async () => {
    const { response, stream } = open();
    response.hasRoom = false;
    void stream.write('a');
    await ticks();
    const drained = stream.write('b');
    vi.advanceTimersByTime(119_000);
    expect(response.destroyed).toBe(false);
    vi.advanceTimersByTime(2_000);
    await drained;
    expect(response.destroyed).toBe(true);
  });

  it('sends what is left before it ends', () => {
    const { response, stream } = open();
    void stream.write('a');
    stream.end();
    expect(response.written).toEqual(['a']);
    expect(response.end).toHaveBeenCalledOnce();
  });
});
