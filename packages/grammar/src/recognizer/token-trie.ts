/** Tokens of a vocabulary by their bytes, so that those that begin alike are looked at together. */
export class TokenTrie {
  /** Ids go from 0 to before this. */
  readonly size: number;
  /** Tokens by their bytes in order; several can have the same. */
  readonly tokens: Int32Array;
  /** By node, in the order of a walk that goes down first: its byte and how deep it is, from 1 on. */
  readonly byte: Uint8Array;
  readonly depth: Uint16Array;
  /** The first node that is not below a node. */
  readonly after: Int32Array;
  /** How many of `tokens` come up to the end of a node. */
  readonly tokensTo: Int32Array;
  readonly deepest: number;
  readonly #bytesOf: readonly (Uint8Array | undefined)[];

  /** `bytesOf`: what each token adds to a text, by its id; undefined, or nothing, for those that cannot be part of one. */
  constructor(bytesOf: readonly (Uint8Array | undefined)[]) {
    this.size = bytesOf.length;
    this.#bytesOf = bytesOf;
    // As text of one character for a byte they are compared fast, and in the order of their bytes.
    const keys = bytesOf.map((bytes) => (bytes === undefined ? '' : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')));
    this.tokens = Int32Array.from(keys.keys()).filter((id) => keys[id] !== '' && keys[id]!.length <= longestToken);
    this.tokens.sort((left, right) => (keys[left]! < keys[right]! ? -1 : keys[left]! > keys[right]! ? 1 : left - right));
    const shared = this.tokens.map((id, index) => (index === 0 ? 0 : sharedLength(keys[this.tokens[index - 1]!]!, keys[id]!)));
    const nodes = this.tokens.reduce((sum, id, index) => sum + keys[id]!.length - shared[index]!, 0);
    this.byte = new Uint8Array(nodes);
    this.depth = new Uint16Array(nodes);
    this.after = new Int32Array(nodes).fill(nodes);
    this.tokensTo = new Int32Array(nodes);
    const path: number[] = [];
    let node = 0;
    for (const [index, id] of this.tokens.entries()) {
      const key = keys[id]!;
      while (path.length > shared[index]!) this.after[path.pop()!] = node;
      for (let at = shared[index]!; at < key.length; at++) {
        this.byte[node] = key.charCodeAt(at);
        this.depth[node] = at + 1;
        this.tokensTo[node] = index;
        path.push(node++);
      }
      this.tokensTo[node - 1] = index + 1;
    }
    this.deepest = this.depth.reduce((most, depth) => Math.max(most, depth), 0);
  }

  /** What a token adds to a text; undefined where it cannot be part of one. */
  bytesOf(token: number): Uint8Array | undefined {
    const bytes = this.#bytesOf[token];
    return bytes === undefined || bytes.length === 0 ? undefined : bytes;
  }
}

/** Bytes; a longer token is left out: depths are counted in 16 bits. */
const longestToken = 0xffff;

function sharedLength(left: string, right: string): number {
  let length = 0;
  while (length < left.length && left.charCodeAt(length) === right.charCodeAt(length)) length++;
  return length;
}
