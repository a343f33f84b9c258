import { describe, expect, it } from 'vitest';
import { pathProblem, refuseCollisions } from './safe-path.js';

describe('pathProblem', () => {
  it.each(['config.json', 'onnx/model_q4.onnx', '1_Pooling/config.json', 'Möbius/ä.txt', '.gitattributes', 'a..b/c', 'console.txt'])('lets %s through', (path) => {
    expect(pathProblem(path)).toBeUndefined();
  });

  it.each([
    '', '../evil', 'a/../../evil', '/etc/passwd', 'a\\b', 'C:/x', 'c:x', 'a//b', './a', 'a/.', 'CON', 'nul.txt', 'dir/LPT1.gguf', 'COM¹',
    'a\u0000b', 'a\nb', 'a\u202eb', 'trailing.', 'trailing ', 'what?', 'a:stream', 'x'.repeat(256), `${'d/'.repeat(600)}f`,
  ])('refuses %j', (path) => {
    expect(pathProblem(path)).toEqual(expect.any(String));
  });
});

describe('refuseCollisions', () => {
  it('lets different names and the same name twice through', () => {
    expect(() => refuseCollisions(['a', 'b/a', 'b/c', 'a'])).not.toThrow();
  });

  it('refuses names that differ in case or in Unicode form only, and a file in the place of a folder', () => {
    const refused = expect.objectContaining({ code: 'MODEL_FILE_REFUSED' });
    expect(() => refuseCollisions(['Model.onnx', 'model.onnx'])).toThrow(refused);
    expect(() => refuseCollisions(['\u00e4.json', 'a\u0308.json'])).toThrow(refused);
    expect(() => refuseCollisions(['unet/model.onnx', 'UNET'])).toThrow(refused);
  });
});
