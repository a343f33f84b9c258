import { defineConfig } from 'tsup';
import shared from '../../tooling/tsup.config.ts';

/** Each kind of file has an entry of its own: a test that needs one maker loads nothing of the suite. */
export default defineConfig({
  ...shared,
  removeNodeProtocol: false, // node:test has no other name
  entry: {
    index: 'src/index.ts',
    models: 'src/models/index.ts',
    gguf: 'src/gguf/index.ts',
    onnx: 'src/onnx/index.ts',
    safetensors: 'src/safetensors/index.ts',
    tokenizers: 'src/tokenizers/index.ts',
    hub: 'src/hub/index.ts',
  },
});
