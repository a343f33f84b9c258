"""Writes model/llmi-demo-q8_0.gguf: the trained weights in Q8_0, the tokenizer and the ChatML template in one file.

Names and metadata as llama.cpp reads them for the architecture "llama": the norms stay F32, every matrix is Q8_0 (blocks of 32
weights with one scale), and without an output matrix the embedding serves at both ends.
Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import json
import re

import gguf
import torch

from model import Config
from tokenizer import BUILD, CHAT_TEMPLATE, END, END_OF_TEXT, SPECIAL

TARGET = BUILD.parent.parent / "model" / "llmi-demo-q8_0.gguf"
NAMES = {
    "embedding": "token_embd",
    "norm": "output_norm",
    "attention_norm": "attn_norm",
    "attention.q": "attn_q",
    "attention.k": "attn_k",
    "attention.v": "attn_v",
    "attention.o": "attn_output",
    "feed_forward_norm": "ffn_norm",
    "feed_forward.gate": "ffn_gate",
    "feed_forward.up": "ffn_up",
    "feed_forward.down": "ffn_down",
}


def gguf_name(name: str) -> str:
    """`layers.0.attention.q.weight` as llama.cpp calls it: `blk.0.attn_q.weight`."""
    layer = re.fullmatch(r"layers\.(\d+)\.(.+)\.weight", name)
    return f"blk.{layer[1]}.{NAMES[layer[2]]}.weight" if layer else f"{NAMES[name.removesuffix('.weight')]}.weight"


def add_metadata(writer: gguf.GGUFWriter, config: Config) -> None:
    writer.add_name("llmi demo")
    writer.add_description("A small chat model that knows llmi.")
    writer.add_license("apache-2.0")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_sampling_temp(0.0)  # a model this small answers best when it always takes its first choice
    writer.add_vocab_size(config.vocabulary)
    writer.add_context_length(config.context)
    writer.add_embedding_length(config.width)
    writer.add_block_count(config.layers)
    writer.add_feed_forward_length(config.hidden)
    writer.add_head_count(config.heads)
    writer.add_head_count_kv(config.heads)
    writer.add_rope_dimension_count(config.head_width)
    writer.add_rope_freq_base(config.rope_base)
    writer.add_layer_norm_rms_eps(config.norm_epsilon)


def add_tokenizer(writer: gguf.GGUFWriter) -> None:
    model = json.loads((BUILD / "tokenizer.json").read_text(encoding="utf-8"))["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.CONTROL if token in SPECIAL else gguf.TokenType.NORMAL for token in tokens])
    writer.add_token_merges([" ".join(pair) for pair in model["merges"]])
    writer.add_bos_token_id(tokens.index(END_OF_TEXT))
    writer.add_eos_token_id(tokens.index(END))
    writer.add_eot_token_id(tokens.index(END))
    writer.add_pad_token_id(tokens.index(END_OF_TEXT))
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(False)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(CHAT_TEMPLATE)


def main() -> None:
    TARGET.parent.mkdir(exist_ok=True)
    writer = gguf.GGUFWriter(TARGET, "llama")
    add_metadata(writer, Config())
    add_tokenizer(writer)
    for name, weight in torch.load(BUILD / "model.pt", weights_only=True).items():
        values = weight.numpy()
        if values.ndim == 1:
            writer.add_tensor(gguf_name(name), values)
        else:
            kind = gguf.GGMLQuantizationType.Q8_0
            writer.add_tensor(gguf_name(name), gguf.quants.quantize(values, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    print(f"{TARGET.name}: {TARGET.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
