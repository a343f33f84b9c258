import type { OnnxSession, OnnxValueInfo } from '@llmi/runtime-onnx';

/** What a graph takes and gives. `request`: a JSON schema (draft 2020-12) of the field `tensors`. */
export interface GraphSignature {
  inputs: readonly OnnxValueInfo[];
  outputs: readonly OnnxValueInfo[];
  request: Record<string, unknown>;
  answer: Record<string, unknown>;
}

export function signatureOf({ inputs, outputs }: Pick<OnnxSession, 'inputs' | 'outputs'>): GraphSignature {
  return { inputs, outputs, request: tensorsSchema(inputs, true), answer: tensorsSchema(outputs, false) };
}

function tensorsSchema(values: readonly OnnxValueInfo[], asBase64: boolean): Record<string, unknown> {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: Object.fromEntries(values.map((value) => [value.name, tensorSchema(value, asBase64)])),
    required: values.map(({ name }) => name),
    additionalProperties: false,
  };
}

function tensorSchema({ dtype, shape }: OnnxValueInfo, asBase64: boolean): Record<string, unknown> {
  const element = { type: dtype === 'string' ? 'string' : dtype === 'bool' ? 'boolean' : dtype?.includes('int') ? 'integer' : 'number' };
  const list = { type: 'array', items: element };
  return {
    type: 'object',
    properties: {
      data: asBase64 && dtype !== 'string' ? { anyOf: [list, { type: 'string', contentEncoding: 'base64' }] } : list,
      shape: {
        type: 'array',
        prefixItems: shape.map((size) => (typeof size === 'number' ? { const: size } : { type: 'integer', minimum: 0, ...(size === '' ? {} : { title: size }) })),
        minItems: shape.length,
        maxItems: shape.length,
      },
      dtype: { const: dtype ?? 'unknown' },
    },
    required: ['data', 'shape', 'dtype'],
    additionalProperties: false,
  };
}
