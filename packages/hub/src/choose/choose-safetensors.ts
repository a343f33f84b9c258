import type { ModelFile } from '@llmi/core';
import { bestThatFits, type RankedChoice, type WeightSet } from './file-choice.js';

interface Part {
  file: ModelFile;
  folder: string;
  stem: string; // model, diffusion_pytorch_model, adapter_model
  variant: string; // fp16 of model.fp16.safetensors; '' for the plain file
}

const plainLabel = 'default';
const stems = ['model', 'diffusion_pytorch_model', 'adapter_model', 'pytorch_lora_weights', 'pytorch_model'];

/** `unet/diffusion_pytorch_model.fp16-00001-of-00002.safetensors` taken apart. */
function partOf(file: ModelFile): Part {
  const at = file.path.lastIndexOf('/');
  const name = file.path.slice(at + 1).replace(/\.safetensors$/i, '').replace(/-\d{5}-of-\d{5}/, '');
  const dot = name.lastIndexOf('.');
  const variant = dot > 0 && /^(fp16|bf16|fp32|non_ema|ema|8bit|4bit)$/.test(name.slice(dot + 1)) ? name.slice(dot + 1) : '';
  return { file, folder: at < 0 ? '' : file.path.slice(0, at), stem: variant === '' ? name : name.slice(0, dot), variant };
}

/**
 * One set per variant, the plain files first. In a folder with weights under their usual name others (consolidated checkpoints,
 * single-file copies of a whole pipeline) are left out, as are copies at the top of a repository laid out in components.
 */
export function safetensorsSets(files: readonly ModelFile[]): WeightSet[] {
  const all = files.filter(({ path }) => /\.safetensors$/i.test(path)).map(partOf);
  const inComponents = files.some(({ path }) => path === 'model_index.json') && all.some(({ folder }) => folder !== '');
  const parts = all.filter((part) => {
    if (inComponents && part.folder === '') return false;
    if (!inComponents && part.folder !== '' && all.some(({ folder }) => folder === '')) return /^\d+_/.test(part.folder); // 2_Dense of sentence-transformers
    const known = all.filter(({ folder }) => folder === part.folder).some(({ stem }) => stems.includes(stem));
    return !known || stems.includes(part.stem);
  });
  const slots = new Map<string, Part[]>();
  for (const part of parts) slots.set(`${part.folder}/${part.stem}`, [...(slots.get(`${part.folder}/${part.stem}`) ?? []), part]);
  const variants = [...new Set(parts.map(({ variant }) => variant))].sort();
  return variants.map((variant): WeightSet => {
    const chosen = [...slots.values()].flatMap((slot) => {
      const exact = slot.filter((part) => part.variant === variant);
      if (exact.length > 0) return exact;
      const plain = slot.filter((part) => part.variant === '');
      return plain.length > 0 ? plain : slot.filter((part) => part.variant === slot[0]!.variant);
    });
    const weights = chosen.map(({ file }) => file);
    const sizeBytes = weights.reduce((sum, file) => sum + file.sizeBytes, 0);
    const promised = chosen.reduce((most, { file }) => Math.max(most, Number(/-of-(\d{5})\.safetensors$/i.exec(file.path)?.[1] ?? 0)), 0);
    const split = chosen.filter(({ file }) => /-\d{5}-of-\d{5}/.test(file.path)).length;
    return { label: variant === '' ? plainLabel : variant, files: weights, sizeBytes, missing: Math.max(0, promised - split) };
  });
}

/** The plain files where they fit; their label is the dtype that most of their bytes have. */
export function chooseSafetensorsDefault(sets: readonly WeightSet[], memoryBytes: number | undefined): RankedChoice {
  return bestThatFits(sets, memoryBytes, 'it is the one that the model was published with');
}

const dtypeNames: Record<string, string> = { F32: 'fp32', F16: 'fp16', BF16: 'bf16', F64: 'fp64' };

/** Label of the plain files: the dtype that most of the bytes have, where the headers are known. */
export function plainSafetensorsLabel(bytesByType: Record<string, number> | undefined): string {
  const [dtype] = Object.entries(bytesByType ?? {}).sort(([, left], [, right]) => right - left)[0] ?? [];
  return dtype === undefined ? plainLabel : (dtypeNames[dtype] ?? dtype.toLowerCase());
}
