import { open } from 'node:fs/promises';
import { ProtobufFile } from './protobuf-file.js';

/** Source: https://github.com/onnx/onnx/blob/v1.19.0/onnx/onnx.proto, ModelProto.metadata_props */
const metadataField = 14;
const keyField = 1;
const valueField = 2;
const maxValueBytes = 4 << 20; // dictionaries of recognizers have some 100 kB

/** What whoever exported a graph wrote into it beside the graph, by key. The file is one that was checked. */
export async function readOnnxMetadata(path: string): Promise<Record<string, string>> {
  const handle = await open(path, 'r');
  try {
    const file = new ProtobufFile(handle.fd, (await handle.stat()).size);
    const entries = [...file.fields(0, file.sizeBytes)].filter(({ number }) => number === metadataField);
    return Object.fromEntries(
      entries.map((entry) => {
        const parts = new Map([...file.fields(entry.start, entry.end)].map((part) => [part.number, file.bytes(part, maxValueBytes).toString('utf8')]));
        return [parts.get(keyField) ?? '', parts.get(valueField) ?? ''];
      }),
    );
  } finally {
    await handle.close();
  }
}
