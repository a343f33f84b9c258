import { expect, it } from 'vitest';
import { readEvents } from './event-stream.js';

async function eventsIn(...chunks: (string | Uint8Array)[]): Promise<string[]> {
  const encoder = new TextEncoder();
  const events: string[] = [];
  const body = (async function* () {
    for (const chunk of chunks) yield typeof chunk === 'string' ? encoder.encode(chunk) : chunk;
  })();
  for await (const event of readEvents(body)) events.push(event);
  return events;
}

it('reads events, whatever their lines end with', async () => {
  expect(await eventsIn('data: a\n\ndata: b\r\n\r\ndata: c\r\rdata:d\n\n')).toEqual(['a', 'b', 'c', 'd']);
});

it('joins the lines of one event, and leaves comments and other fields out', async () => {
  expect(await eventsIn(': ping\n\nevent: x\nid: 1\ndata: a\ndata:  b\n\n')).toEqual(['a\n b']);
});

it('reads the same from any chunks, in the middle of characters too', async () => {
  const bytes = new TextEncoder().encode('data: {"ä":"𝄞"}\r\n\r\ndata: end\r\n\r\n');
  for (let size = 1; size < 8; size++) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.slice(index * size, (index + 1) * size));
    expect(await eventsIn(...chunks)).toEqual(['{"ä":"𝄞"}', 'end']);
  }
});

it('gives no event that is not complete', async () => {
  expect(await eventsIn('data: a\n\ndata: b\n')).toEqual(['a']);
});
