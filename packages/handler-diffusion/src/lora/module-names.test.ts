import { expect, it } from 'vitest';
import { moduleName } from './module-names.js';

it.each([
  // diffusers and PEFT
  ['unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_out.0', 'denoiser', 'down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_out_0'],
  ['transformer.transformer_blocks.0.attn.to_q', 'denoiser', 'transformer_blocks_0_attn_to_q'],
  ['base_model.model.mid_block.attentions.0.proj_in', 'denoiser', 'mid_block_attentions_0_proj_in'],
  ['text_encoder_2.text_model.encoder.layers.3.mlp.fc1', 'text_encoder_2', 'encoder_layers_3_mlp_fc1'],
  // older diffusers
  ['unet.up_blocks.1.attentions.2.transformer_blocks.0.attn2.processor.to_out', 'denoiser', 'up_blocks_1_attentions_2_transformer_blocks_0_attn2_to_out_0'],
  ['down_blocks.0.attentions.0.transformer_blocks.0.attn1.processor.to_q', 'denoiser', 'down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q'],
  ['text_encoder.text_model.encoder.layers.0.self_attn.to_out', 'text_encoder', 'encoder_layers_0_self_attn_out_proj'],
  // kohya
  ['lora_unet_mid_block_attentions_0_proj_in', 'denoiser', 'mid_block_attentions_0_proj_in'],
  ['lora_te_text_model_encoder_layers_0_self_attn_q_proj', 'text_encoder', 'encoder_layers_0_self_attn_q_proj'],
  ['lora_te2_text_model_encoder_layers_0_self_attn_q_proj', 'text_encoder_2', 'encoder_layers_0_self_attn_q_proj'],
  // kohya, SDXL: the blocks of the original code. Expected: convert_lora of diffusers 0.42.1.
  ['lora_unet_input_blocks_4_1_transformer_blocks_1_attn1_to_out_0', 'denoiser', 'down_blocks_1_attentions_0_transformer_blocks_1_attn1_to_out_0'],
  ['lora_unet_input_blocks_8_1_proj_in', 'denoiser', 'down_blocks_2_attentions_1_proj_in'],
  ['lora_unet_input_blocks_7_0_in_layers_2', 'denoiser', 'down_blocks_2_resnets_0_conv1'],
  ['lora_unet_input_blocks_7_0_skip_connection', 'denoiser', 'down_blocks_2_resnets_0_conv_shortcut'],
  ['lora_unet_input_blocks_3_0_op', 'denoiser', 'down_blocks_0_downsamplers_0_conv'],
  ['lora_unet_input_blocks_0_0', 'denoiser', 'conv_in'],
  ['lora_unet_output_blocks_5_1_transformer_blocks_0_ff_net_0_proj', 'denoiser', 'up_blocks_1_attentions_2_transformer_blocks_0_ff_net_0_proj'],
  ['lora_unet_output_blocks_2_2_conv', 'denoiser', 'up_blocks_0_upsamplers_0_conv'],
  ['lora_unet_output_blocks_8_0_emb_layers_1', 'denoiser', 'up_blocks_2_resnets_2_time_emb_proj'],
  ['lora_unet_middle_block_1_transformer_blocks_9_attn2_to_v', 'denoiser', 'mid_block_attentions_0_transformer_blocks_9_attn2_to_v'],
  ['lora_unet_middle_block_2_out_layers_3', 'denoiser', 'mid_block_resnets_1_conv2'],
])('%s', (name, component, module) => {
  expect(moduleName(name, 2)).toEqual({ component, module });
});
