import { expect, it } from 'vitest';
import { activationOf } from './activations.js';

/** At -3.3, -1, 0, 0.5 and 3.3: numbers of torch 2.13. */
it.each([
  ['activation.GELU', [-0.001595, -0.158655, 0, 0.345731, 3.298405]],
  ['activation.ELU', [-0.963117, -0.632121, 0, 0.5, 3.3]],
  ['activation.Softplus', [0.036219, 0.313262, 0.693147, 0.974077, 3.336219]],
  ['activation.LeakyReLU', [-0.033, -0.01, 0, 0.5, 3.3]],
  ['activation.Hardtanh', [-1, -1, 0, 0.5, 1]],
  ['activation.Softsign', [-0.767442, -0.5, 0, 0.333333, 0.767442]],
])('%s is that of torch', (name, expected) => {
  const activation = activationOf(`torch.nn.modules.${name}`)!;
  [-3.3, -1, 0, 0.5, 3.3].forEach((value, index) => expect(activation(value)).toBeCloseTo(expected[index]!, 6));
});

it("knows nothing of somebody else's code, nor of what every object has", () => {
  expect(activationOf('my.package.Tanh')).toBeUndefined();
  expect(activationOf('torch.nn.modules.activation.toString')).toBeUndefined();
});
