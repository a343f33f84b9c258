import { after } from 'node:test';
import { describeHandler } from '@llmi/handler-testkit';
import { writeModel } from '@llmi/handler-testkit/models';
import { onnxInput, onnxModel, onnxNode, onnxOutput } from '@llmi/handler-testkit/onnx';
import handler from '../dist/index.js';

const graph = onnxModel(onnxNode('Neg', ['x'], ['y']), onnxInput('x', 'float32', 'n'), onnxOutput('y', 'float32', 'n'));
const model = writeModel({ files: { 'model.onnx': graph } });
after(() => model.remove());

describeHandler(handler, {
  packageFolder: new URL('..', import.meta.url),
  models: [{ path: model.path, facts: { id: 'local/my-model' }, load: { threads: 1 }, requests: [{ tensors: { x: { data: [1, -2], shape: [2], dtype: 'float32' } } }] }],
});
