/** Metadata of a GGUF file by its full keys (`llama.block_count`), as the file has them. */
export type GgufMetadata = Readonly<Record<string, unknown>>;

/** The full keys of metadata that a reader has split at the dots. Arrays stay whole. */
export function flattenMetadata(nested: object): GgufMetadata {
  const flat: Record<string, unknown> = {};
  const walk = (value: object, prefix: string): void => {
    for (const [key, inner] of Object.entries(value)) {
      if (typeof inner === 'object' && inner !== null && !Array.isArray(inner)) walk(inner as object, `${prefix}${key}.`);
      else flat[prefix + key] = inner;
    }
  };
  walk(nested, '');
  return flat;
}

/** A number of the metadata; a 64-bit one comes as bigint. */
export function metadataNumber(metadata: GgufMetadata, key: string): number | undefined {
  const value = metadata[key];
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

export function metadataText(metadata: GgufMetadata, key: string): string | undefined {
  const value = metadata[key];
  return typeof value === 'string' ? value : undefined;
}

/** A list of numbers, one per layer; a single number counts for every layer. */
export function metadataPerLayer(metadata: GgufMetadata, key: string, layers: number): number[] | undefined {
  const value = metadata[key];
  if (Array.isArray(value) && value.length > 0) return Array.from({ length: layers }, (_, layer) => Number(value[layer % value.length]));
  const single = metadataNumber(metadata, key);
  return single === undefined ? undefined : new Array<number>(layers).fill(single);
}
