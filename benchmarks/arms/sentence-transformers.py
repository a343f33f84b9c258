"""Embeds texts with sentence-transformers on torch: a line {"texts": [...]} in, a line with milliseconds and some numbers out.

    python sentence-transformers.py FOLDER THREADS

FOLDER is one of models/random-onnx.mjs: its weights are read from its ONNX file.
"""
import json
import sys
import tempfile
import time

import onnx
import torch
from onnx import numpy_helper
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from transformers import AutoTokenizer, BertConfig, BertModel

folder, threads = sys.argv[1], int(sys.argv[2])
torch.set_num_threads(threads)
weights = {tensor.name: torch.from_numpy(numpy_helper.to_array(tensor).copy()) for tensor in onnx.load(f"{folder}/onnx/model.onnx").graph.initializer}
config = BertConfig(**{**json.load(open(f"{folder}/config.json")), "layer_norm_eps": 1e-5, "type_vocab_size": 2})
linears = {"query": "attention.self.query", "key": "attention.self.key", "value": "attention.self.value", "output": "attention.output.dense", "up": "intermediate.dense", "down": "output.dense"}
state = {
    "embeddings.word_embeddings.weight": weights["embeddings.word"],
    "embeddings.position_embeddings.weight": weights["embeddings.position"],
    "embeddings.token_type_embeddings.weight": weights["embeddings.type"],
    "embeddings.LayerNorm.weight": weights["embeddings.norm.weight"],
    "embeddings.LayerNorm.bias": weights["embeddings.norm.bias"],
}
for layer in range(config.num_hidden_layers):
    ours, theirs = f"layer.{layer}", f"encoder.layer.{layer}"
    for name, path in linears.items():
        state[f"{theirs}.{path}.weight"] = weights[f"{ours}.{name}.weight"].T.contiguous()
        state[f"{theirs}.{path}.bias"] = weights[f"{ours}.{name}.bias"]
    for name, path in {"attention.norm": "attention.output.LayerNorm", "norm": "output.LayerNorm"}.items():
        for part in ("weight", "bias"):
            state[f"{theirs}.{path}.{part}"] = weights[f"{ours}.{name}.{part}"]
bert = BertModel(config, add_pooling_layer=False).eval()
bert.load_state_dict(state)
with tempfile.TemporaryDirectory() as saved:
    bert.save_pretrained(saved)
    AutoTokenizer.from_pretrained(folder).save_pretrained(saved)
    encoder = Transformer(saved, max_seq_length=config.max_position_embeddings)
model = SentenceTransformer(modules=[encoder, Pooling(config.hidden_size), Normalize()], device="cpu")
print("ready", flush=True)
for line in sys.stdin:
    texts = json.loads(line)["texts"]
    start = time.perf_counter()
    vectors = model.encode(texts, batch_size=32)
    print(json.dumps({"milliseconds": (time.perf_counter() - start) * 1000, "first": vectors[0][:8].astype(float).tolist()}), flush=True)
