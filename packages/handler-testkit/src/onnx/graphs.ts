import { floatBytes, onnxInitializer, onnxInput, onnxModel, onnxNode, onnxOutput, type ExternalData } from './onnx-model.js';

export interface LookupOptions {
  /** Where the table is, if not in the graph. */
  external?: ExternalData['external'];
  /** Whether the graph takes an attention_mask, as encoders do; default true. It changes nothing. */
  mask?: boolean;
}

/** Rows of `table` by token id: input_ids (and attention_mask) [batch, tokens] to last_hidden_state [batch, tokens, dimension]. */
export function lookupGraph(table: readonly (readonly number[])[], { external, mask = true }: LookupOptions = {}): Buffer {
  const dimension = table[0]!.length;
  return onnxModel(
    onnxNode('Gather', ['table', 'input_ids'], ['last_hidden_state']),
    onnxInitializer('table', [table.length, dimension], external ? { external } : { raw: floatBytes(...table.flat()) }),
    onnxInput('input_ids', 'int64', 'batch', 'tokens'),
    ...(mask ? [onnxInput('attention_mask', 'int64', 'batch', 'tokens')] : []),
    onnxOutput('last_hidden_state', 'float32', 'batch', 'tokens', dimension),
  );
}

/** Logits are the means of the three channels: pictures are told apart by their colour. pixel_values [batch, 3, side, side]. */
export function colourGraph({ batch = 'batch', side = 'side' }: { batch?: number | string; side?: number | string } = {}): Buffer {
  return onnxModel(
    onnxNode('GlobalAveragePool', ['pixel_values'], ['means']),
    onnxNode('Flatten', ['means'], ['logits']),
    onnxInput('pixel_values', 'float32', batch, 3, side, side),
    onnxOutput('logits', 'float32', batch, 3),
  );
}
