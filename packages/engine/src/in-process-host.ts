import { importHandler } from '@llmi/core';
import type { ModelHost } from './model-host.js';
import type { LoadOrder } from './runner/protocol.js';

/** Loads a model into this process: no isolation, no start of a process. */
export async function loadInProcess(order: LoadOrder, options: { signal?: AbortSignal }): Promise<ModelHost> {
  const definition = await importHandler(order.handler.package, order.handler.folder, order.handler.manifest);
  const model = await definition.create(order.model).loadModel(order.path, { ...order.options, signal: options.signal });
  let leave = () => {};
  const gone = new Promise<void>((resolve) => (leave = resolve));
  const dispose = async () => {
    await model[Symbol.asyncDispose]();
    leave();
  };
  return {
    info: model.info,
    pid: undefined,
    memoryBytes: undefined,
    gone,
    generate: (request, { signal }) => model.generate(request, { signal }),
    kill: () => void dispose(),
    [Symbol.asyncDispose]: dispose,
  };
}
