/** Parts of a model that an adapter can be for: the denoiser, whatever its part is called, and text encoders. */
export interface ModuleName {
  component: 'denoiser' | `text_encoder${'' | '_2' | '_3'}`;
  /** Where the module lies in that part, with `_` between the names: down_blocks_0_attentions_0_..._to_q */
  module: string;
}

/** What names of adapter files begin with: of diffusers and PEFT, of kohya's trainer. */
const prefixes: [prefix: RegExp, component: ModuleName['component']][] = [
  [/^(?:unet\.|transformer\.|lora_unet_|lora_transformer_|base_model\.model\.)/, 'denoiser'],
  [/^(?:text_encoder\.|lora_te1?_)/, 'text_encoder'],
  [/^(?:text_encoder_2\.|lora_te2_)/, 'text_encoder_2'],
  [/^(?:text_encoder_3\.|lora_te3_)/, 'text_encoder_3'],
];

/** The module that a tensor of an adapter belongs to, from its name without the ending. `layersPerBlock`: of the UNet. */
export function moduleName(name: string, layersPerBlock: number): ModuleName {
  const [prefix, component] = prefixes.find(([pattern]) => pattern.test(name)) ?? [/^/, 'denoiser' as const];
  const module = flatten(name.replace(prefix, '').replace('.processor.', '.'));
  if (component === 'denoiser') return { component, module: fromCompVis(module, layersPerBlock).replace(/_to_out$/, '_to_out_0') };
  return { component, module: module.replace(/_to_(q|k|v)$/, '_$1_proj').replace(/_to_out(_0)?$/, '_out_proj') };
}

/** A path of modules as one word. Exports of text encoders leave the outermost module out, or do not. */
export function flatten(path: string): string {
  return path.replace(/^[/.]+/, '').replace(/[/.]+/g, '_').replace(/^text_model_/, '');
}

/** Names within a residual block. */
const residualNames: Record<string, string> = { in_layers_2: 'conv1', emb_layers_1: 'time_emb_proj', out_layers_3: 'conv2', skip_connection: 'conv_shortcut' };

/**
 * The blocks of the original code of Stable Diffusion, which are numbered through, as those of diffusers: kohya's trainer uses them for SDXL.
 * A block is residual layers, each with an attention where it has one, then a change of size.
 * Source: `_maybe_map_sgm_blocks_to_diffusers` of diffusers, loaders/lora_conversion_utils.py
 */
function fromCompVis(module: string, layersPerBlock: number): string {
  const [, part, first, second, rest] = /^(input_blocks|output_blocks|middle_block)_(\d+)(?:_(\d+))?_(.+)$/.exec(module) ?? [];
  if (part === undefined || rest === undefined) return module;
  if (part === 'middle_block') {
    const index = Number(first);
    const inner = second === undefined ? rest : `${second}_${rest}`;
    return index === 1 ? `mid_block_attentions_0_${inner}` : `mid_block_resnets_${index / 2}_${residualNames[inner] ?? inner}`;
  }
  const [number, place, isInput] = [Number(first), Number(second), part === 'input_blocks'];
  if (isInput && number === 0) return 'conv_in';
  const layers = layersPerBlock + 1;
  const [block, layer] = isInput ? [Math.floor((number - 1) / layers), (number - 1) % layers] : [Math.floor(number / layers), number % layers];
  const side = isInput ? 'down' : 'up';
  if (rest === 'op' || rest === 'conv') return `${side}_blocks_${block}_${side}samplers_0_conv`;
  return place === 0 ? `${side}_blocks_${block}_resnets_${layer}_${residualNames[rest] ?? rest}` : `${side}_blocks_${block}_attentions_${layer}_${rest}`;
}
