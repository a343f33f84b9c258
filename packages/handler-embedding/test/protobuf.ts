/** Writes protobuf by hand: enough of it to make small ONNX models. Source: https://github.com/onnx/onnx/blob/v1.19.0/onnx/onnx.proto */

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low | 128 : low);
  } while (rest > 0);
  return Buffer.from(bytes);
}

/** A field with text, bytes or a message in it. */
function field(number: number, ...content: (string | Buffer)[]): Buffer {
  const body = Buffer.concat(content.map((part) => Buffer.from(part as string)));
  return Buffer.concat([varint(number * 8 + 2), varint(body.length), body]);
}

const integer = (number: number, value: number): Buffer => Buffer.concat([varint(number * 8), varint(value)]);

const float32 = 1;
const int64 = 7;

function value(number: 11 | 12, name: string, type: number, ...shape: (number | string)[]): Buffer {
  const dims = shape.map((size) => field(1, typeof size === 'string' ? field(2, size) : integer(1, size)));
  return field(number, field(1, name), field(2, field(1, integer(1, type), field(2, ...dims))));
}

const model = (...graph: Buffer[]): Buffer => Buffer.concat([integer(1, 8), field(8, integer(2, 13)), field(7, field(2, 'tiny'), ...graph)]);

/** Rows of `table` by token id: input_ids, attention_mask [batch, tokens] to last_hidden_state [batch, tokens, dim]. */
export function lookupGraph(table: number[][], external?: string): Buffer {
  const dim = table[0]!.length;
  const data = external === undefined ? [field(9, tableBytes(table))] : [field(13, field(1, 'location'), field(2, external)), integer(14, 1)];
  return model(
    field(1, field(1, 'table'), field(1, 'input_ids'), field(2, 'last_hidden_state'), field(4, 'Gather')),
    field(5, integer(1, table.length), integer(1, dim), integer(2, float32), field(8, 'table'), ...data),
    value(11, 'input_ids', int64, 'batch', 'tokens'),
    value(11, 'attention_mask', int64, 'batch', 'tokens'),
    value(12, 'last_hidden_state', float32, 'batch', 'tokens', dim),
  );
}

/** A graph that pools by itself, and leaves no doubt how: the vector of a text is its token ids. */
export function identityGraph(): Buffer {
  const toFloat = field(5, field(1, 'to'), integer(3, float32), integer(20, 2));
  return model(
    field(1, field(1, 'input_ids'), field(2, 'sentence_embedding'), field(4, 'Cast'), toFloat),
    value(11, 'input_ids', int64, 'batch', 'tokens'),
    value(12, 'sentence_embedding', float32, 'batch', 'tokens'),
  );
}

export function tableBytes(table: number[][]): Buffer {
  return Buffer.from(Float32Array.from(table.flat()).buffer);
}

const intAttribute = (name: string, number: number): Buffer => field(5, field(1, name), integer(3, number), integer(20, 2));
const node = (operation: string, inputs: string[], output: string, ...attributes: Buffer[]): Buffer =>
  field(1, ...inputs.map((name) => field(1, name)), field(2, output), field(4, operation), ...attributes);
const floatTensor = (name: string, rows: number[][]): Buffer => field(5, integer(1, rows.length), integer(1, rows[0]!.length), integer(2, float32), field(8, name), field(9, tableBytes(rows)));
const intTensor = (name: string, ...values: number[]): Buffer =>
  field(5, integer(1, values.length), integer(2, int64), field(8, name), field(9, Buffer.from(BigInt64Array.from(values, BigInt).buffer)));

/**
 * A cross-encoder: the logits of a pair are the sum over its tokens of a row by token id and a row by token type.
 * input_ids, attention_mask, token_type_ids [batch, tokens] to logits [batch, labels].
 */
export function classifierGraph(byToken: number[][], byType: number[][]): Buffer {
  return model(
    node('Gather', ['tokens', 'input_ids'], 'of_token'),
    node('Gather', ['types', 'token_type_ids'], 'of_type'),
    node('Add', ['of_token', 'of_type'], 'of_both'),
    node('Cast', ['attention_mask'], 'real', intAttribute('to', float32)),
    node('Unsqueeze', ['real', 'last_axis'], 'mask'),
    node('Mul', ['of_both', 'mask'], 'kept'),
    node('ReduceSum', ['kept', 'token_axis'], 'logits', intAttribute('keepdims', 0)),
    floatTensor('tokens', byToken),
    floatTensor('types', byType),
    intTensor('last_axis', 2),
    intTensor('token_axis', 1),
    ...['input_ids', 'attention_mask', 'token_type_ids'].map((name) => value(11, name, int64, 'batch', 'tokens')),
    value(12, 'logits', float32, 'batch', byToken[0]!.length),
  );
}

/** A text tower: the sum of the rows of its tokens, padding counted as SigLIP does: input_ids to text_embeds [batch, dim]. */
export function textTower(table: number[][]): Buffer {
  return model(
    node('Gather', ['table', 'input_ids'], 'rows'),
    node('ReduceSum', ['rows', 'token_axis'], 'text_embeds', intAttribute('keepdims', 0)),
    floatTensor('table', table),
    intTensor('token_axis', 1),
    value(11, 'input_ids', int64, 'batch', 'tokens'),
    value(12, 'text_embeds', float32, 'batch', table[0]!.length),
  );
}

/** A vision tower: the sum of each colour. pixel_values [batch, 3, height, width] to image_embeds [batch, 3]. */
export function visionTower(): Buffer {
  return model(
    node('ReduceSum', ['pixel_values', 'places'], 'image_embeds', intAttribute('keepdims', 0)),
    intTensor('places', 2, 3),
    value(11, 'pixel_values', float32, 'batch', 3, 'height', 'width'),
    value(12, 'image_embeds', float32, 'batch', 3),
  );
}
