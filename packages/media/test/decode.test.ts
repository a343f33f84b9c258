import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { bytesOfBase64, decodeImage, encodeImage, imageFormats, readImageHeader, sniffImageFormat, type PixelImage } from '../src/index.js';

/** Red, green / blue, white / black, grey. */
const colours = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 128, 128, 128);
const image: PixelImage = { width: 2, height: 3, channels: 3, data: colours };
const opened = () => sharp(colours, { raw: { width: 2, height: 3, channels: 3 } });

/** A PNG that claims a size and holds next to nothing. */
function claimingPng(width: number, height: number): Buffer {
  const chunk = (type: string, body: Buffer) => {
    const content = Buffer.concat([Buffer.from(type, 'latin1'), body]);
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(body.length);
    check.writeUInt32BE(crc32(content));
    return Buffer.concat([length, content, check]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.alloc(64))), chunk('IEND', Buffer.alloc(0))]);
}

describe('decodeImage', () => {
  it('reads what encodeImage writes', async () => {
    const png = await encodeImage(image);
    expect(await decodeImage(png)).toMatchObject({ width: 2, height: 3, channels: 3 });
    expect([...(await decodeImage(png)).data]).toEqual([...colours]);
  });

  it.each(imageFormats)('reads %s', async (format) => {
    const flat = sharp({ create: { width: 16, height: 8, channels: 3, background: { r: 200, g: 100, b: 50 } } });
    const bytes = await flat.toFormat(format === 'jpeg' ? 'jpeg' : format, { quality: 90 }).toBuffer();
    expect(sniffImageFormat(bytes)).toBe(format);
    const { width, height, data } = await decodeImage(bytes);
    expect([width, height]).toEqual([16, 8]);
    [200, 100, 50].forEach((value, channel) => expect(Math.abs(data[channel]! - value)).toBeLessThan(6));
  });

  it('turns a picture as its EXIF orientation says', async () => {
    // 6: the first row is the right edge, so it has to be turned clockwise
    const turned = await opened().withMetadata({ orientation: 6 }).tiff({ compression: 'none' }).toBuffer();
    const { width, height, data } = await decodeImage(turned);
    expect([width, height]).toEqual([3, 2]);
    expect([...data.subarray(0, 9)]).toEqual([0, 0, 0, 0, 0, 255, 255, 0, 0]);
  });

  it('drops transparency, or keeps it where asked', async () => {
    const clear = await encodeImage({ width: 1, height: 1, channels: 4, data: Uint8Array.of(10, 20, 30, 0) });
    expect([...(await decodeImage(clear)).data]).toEqual([10, 20, 30]);
    expect([...(await decodeImage(clear, { alpha: true })).data]).toEqual([10, 20, 30, 0]);
    expect([...(await decodeImage(await encodeImage(image), { alpha: true })).data.subarray(0, 4)]).toEqual([255, 0, 0, 255]);
  });

  it('keeps the upper 8 of 16 bits', async () => {
    const deep = await sharp(Uint16Array.of(0x1234, 0xffff), { raw: { width: 2, height: 1, channels: 1 } }).toColourspace('grey16').png().toBuffer();
    expect([...(await decodeImage(deep)).data]).toEqual([0x12, 0x12, 0x12, 255, 255, 255]);
  });

  it('converts CMYK as Pillow does', async () => {
    const inks = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#ff0000' } }).toColourspace('cmyk').tiff({ compression: 'none' }).toBuffer();
    expect((await readImageHeader(inks)).isCmyk).toBe(true);
    const { data: raw } = await sharp(inks).pipelineColourspace('cmyk').toColourspace('cmyk').raw().toBuffer({ resolveWithObject: true });
    const [cyan, magenta, yellow, black] = raw as unknown as [number, number, number, number];
    const light = (ink: number) => Math.round(((255 - ink) * (255 - black)) / 255);
    expect([...(await decodeImage(inks)).data.subarray(0, 3)]).toEqual([light(cyan), light(magenta), light(yellow)]);
  });

  it('takes the first picture of an animation', async () => {
    const frames = Buffer.concat([Buffer.alloc(12, 255), Buffer.alloc(12, 0)]);
    const gif = await sharp(frames, { raw: { width: 2, height: 4, channels: 3, pageHeight: 2 } }).gif({ delay: [100, 100] }).toBuffer();
    const { height, data } = await decodeImage(gif);
    expect([height, data[0]]).toEqual([2, 255]);
  });

  it('leaves the 1 x 1 picture alone', async () => {
    const one = await encodeImage({ width: 1, height: 1, channels: 1, data: Uint8Array.of(7) });
    expect([...(await decodeImage(one)).data]).toEqual([7, 7, 7]);
  });

  it('refuses a decompression bomb by its header', async () => {
    const started = process.memoryUsage().rss;
    await expect(decodeImage(claimingPng(50_000, 50_000), { param: 'images[0]' })).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE', param: 'images[0]' });
    expect(process.memoryUsage().rss - started).toBeLessThan(100_000_000);
    await expect(decodeImage(await encodeImage(image), { maxPixels: 5 })).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
  });

  it('refuses a picture that ends early, or lies about its size', async () => {
    const noise = Uint8Array.from({ length: 64 * 64 * 3 }, (_, index) => (index * 7919) % 251);
    for (const format of ['png', 'jpeg', 'webp'] as const) {
      const bytes = await encodeImage({ width: 64, height: 64, channels: 3, data: noise }, { format });
      await expect(decodeImage(bytes.subarray(0, bytes.length >> 1))).rejects.toMatchObject({ code: 'INPUT_INVALID' });
      await expect(decodeImage(bytes.subarray(0, 20))).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    }
    await expect(decodeImage(claimingPng(2000, 2000))).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });

  it('refuses what is no picture of a known format', async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="http://127.0.0.1/x.png" width="9" height="9"/></svg>';
    for (const bytes of [Buffer.from(svg), Buffer.from('%PDF-1.7'), new Uint8Array(0), Buffer.from('plain text')]) {
      await expect(decodeImage(bytes)).rejects.toMatchObject({ code: 'UNSUPPORTED_MEDIA_TYPE' });
    }
  });

  it('stops when it is told to', async () => {
    const png = await encodeImage(image);
    const reason = new Error('enough');
    await expect(decodeImage(png, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe('bytesOfBase64', () => {
  it('takes base64, with line breaks too, and data URLs', () => {
    const expected = Buffer.from('a picture, so to speak');
    const text = expected.toString('base64');
    expect(Buffer.from(bytesOfBase64(text))).toEqual(expected);
    expect(Buffer.from(bytesOfBase64(`${text.slice(0, 8)}\n${text.slice(8)}\n`))).toEqual(expected);
    expect(Buffer.from(bytesOfBase64(`data:image/png;base64,${text}`))).toEqual(expected);
  });

  it.each(['http://127.0.0.1/x.png', 'file:///etc/passwd', '../picture.png', ''])('refuses %s', (text) => {
    expect(() => bytesOfBase64(text, 'image')).toThrow(expect.objectContaining({ code: 'INPUT_INVALID', param: 'image' }));
  });
});
