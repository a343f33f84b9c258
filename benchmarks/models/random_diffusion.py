"""Makes a Stable Diffusion of the shape of 1.5 at a tenth of its width, with random weights, in the layout of diffusers' own ONNX exporter.

    python random_diffusion.py FOLDER
"""
import json
import sys
import warnings
from pathlib import Path

import torch
from diffusers import AutoencoderKL, PNDMScheduler, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel

warnings.filterwarnings("ignore")
torch.manual_seed(0)
folder = Path(sys.argv[1])


class Part(torch.nn.Module):
    def __init__(self, owner, call):
        super().__init__()
        self.owner, self.call = owner.eval(), call

    def forward(self, *inputs):
        return self.call(*inputs)


def export(name, owner, call, inputs, outputs, axes):
    path = folder / name / "model.onnx"
    path.parent.mkdir(parents=True, exist_ok=True)
    with torch.no_grad():
        torch.onnx.export(Part(owner, call), tuple(inputs.values()), str(path), input_names=list(inputs), output_names=outputs,
                          dynamic_axes=axes, opset_version=17, dynamo=False)


def tokenizer(folder):
    """Bytes as they are, each its own token."""
    kept = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = [chr(b) for b in kept] + [chr(256 + i) for i in range(256 - len(kept))]
    tokens = letters + [letter + "</w>" for letter in letters] + ["<|startoftext|>", "<|endoftext|>"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({token: index for index, token in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    special = {"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>", "pad_token": "<|endoftext|>"}
    (folder / "special_tokens_map.json").write_text(json.dumps(special))
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "CLIPTokenizer", "model_max_length": 77, "do_lower_case": True, **special}))
    return len(tokens)


words = tokenizer(folder / "tokenizer")
text = CLIPTextModel(CLIPTextConfig(vocab_size=words, hidden_size=96, intermediate_size=384, num_hidden_layers=12, num_attention_heads=12, attn_implementation="eager",
                                    bos_token_id=words - 2, eos_token_id=words - 1))
unet = UNet2DConditionModel(sample_size=64, block_out_channels=(32, 64, 128, 128), cross_attention_dim=96, attention_head_dim=8, norm_num_groups=16)
vae = AutoencoderKL(down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4, block_out_channels=(16, 32, 64, 64), layers_per_block=2,
                    latent_channels=4, norm_num_groups=16, sample_size=512)

export("text_encoder", text, lambda ids: text(ids, return_dict=False)[:1], {"input_ids": torch.ones(1, 77, dtype=torch.int32)}, ["last_hidden_state"], {"input_ids": {0: "batch"}})
export("unet", unet, lambda x, t, states: unet(x, t, states, return_dict=False)[0],
       {"sample": torch.randn(2, 4, 64, 64), "timestep": torch.tensor([500]), "encoder_hidden_states": torch.randn(2, 77, 96)}, ["out_sample"],
       {"sample": {0: "batch", 2: "height", 3: "width"}, "encoder_hidden_states": {0: "batch"}})
export("vae_decoder", vae, lambda z: vae.decode(z, return_dict=False)[0], {"latent_sample": torch.randn(1, 4, 64, 64)}, ["sample"], {"latent_sample": {0: "batch", 2: "height", 3: "width"}})

PNDMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", skip_prk_steps=True, steps_offset=1).save_pretrained(folder / "scheduler")
for name, config in (("unet", unet.config), ("vae_decoder", vae.config)):
    (folder / name / "config.json").write_text(json.dumps({key: value for key, value in config.items() if not key.startswith("_")}))
onnx = ["diffusers", "OnnxRuntimeModel"]
(folder / "model_index.json").write_text(json.dumps({
    "_class_name": "OnnxStableDiffusionPipeline", "text_encoder": onnx, "unet": onnx, "vae_decoder": onnx, "tokenizer": ["transformers", "CLIPTokenizer"],
    "scheduler": ["diffusers", "PNDMScheduler"], "vae_encoder": [None, None], "safety_checker": [None, None], "feature_extractor": [None, None]}))
