import { LlmiError, nearest } from '@llmi/core';
import type { Engine, ServedModel } from '@llmi/engine';

/** The same engine, in which only these models can be asked for. */
export function limitTo(engine: Engine, models: ServedModel[]): Engine {
  const names = models.map(({ name }) => name);
  const allow = async (asked: string): Promise<string> => {
    // A name may mean several installed models and only one of those served here.
    const called = models.filter(({ name, installed: { id, info } }) => [name, id, `${id}:${info.quantization ?? ''}`].includes(asked));
    const found = called.length === 1 ? called[0]!.name : (await engine.find(asked)).name;
    if (names.includes(found)) return found;
    const near = nearest(asked, names);
    throw new LlmiError('MODEL_NOT_INSTALLED', {
      message: `Model "${asked}" is not served here.`,
      hint: near ? `Did you mean "${near}"?` : `Served here: ${names.join(', ')}.`,
      param: 'model',
    });
  };
  return {
    settings: engine.settings,
    registry: () => engine.registry(),
    machine: () => engine.machine(),
    check: (reference, options) => engine.check(reference, options),
    install: (reference, options) => engine.install(reference, options),
    installProject: (options) => engine.installProject(options),
    convert: (reference, options) => engine.convert(reference, options),
    trainConfig: async (name, options) => engine.trainConfig(await allow(name), options),
    list: () => engine.list(),
    remove: async (name, options) => engine.remove(await allow(name), options),
    update: async (asked, options) => engine.update(await Promise.all((asked.length === 0 ? names : asked).map(allow)), options),
    fix: async (asked, options) => engine.fix(await Promise.all((asked.length === 0 ? names : asked).map(allow)), options),
    doctor: () => engine.doctor(),
    attach: (path, name) => engine.attach(path, name),
    models: async () => (await engine.models()).filter(({ name }) => names.includes(name)),
    find: async (name) => engine.find(await allow(name)),
    describe: async (name) => engine.describe(await allow(name)),
    validate: async (name, request) => engine.validate(await allow(name), request),
    async *generate(name, request, call) {
      yield* engine.generate(await allow(name), request, call);
    },
    answer: async (name, request, call) => engine.answer(await allow(name), request, call),
    load: async (name, call) => engine.load(await allow(name), call),
    unload: async (name, options) => engine.unload(await allow(name), options),
    loaded: () => engine.loaded(),
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}
