"""Makes one picture with diffusers' own ONNX pipeline, after one to warm up: prints its milliseconds.

    python diffusers-onnx.py FOLDER STEPS THREADS
"""
import sys
import time
import warnings

import numpy as np
import onnxruntime as ort
from diffusers import OnnxRuntimeModel, OnnxStableDiffusionPipeline, PNDMScheduler
from transformers import CLIPTokenizer

warnings.filterwarnings("ignore")
folder, steps, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
options = ort.SessionOptions()
options.intra_op_num_threads, options.inter_op_num_threads, options.log_severity_level = threads, 1, 3
part = lambda name: OnnxRuntimeModel(OnnxRuntimeModel.load_model(f"{folder}/{name}/model.onnx", sess_options=options, provider_options=[{}]))
pipeline = OnnxStableDiffusionPipeline(
    vae_encoder=None, vae_decoder=part("vae_decoder"), text_encoder=part("text_encoder"), unet=part("unet"), tokenizer=CLIPTokenizer.from_pretrained(f"{folder}/tokenizer"),
    scheduler=PNDMScheduler.from_pretrained(f"{folder}/scheduler"), safety_checker=None, feature_extractor=None, requires_safety_checker=False)
pipeline.set_progress_bar_config(disable=True)


def picture(count):
    return pipeline("a lighthouse", num_inference_steps=count, guidance_scale=7.5, height=256, width=256, generator=np.random.RandomState(0)).images[0]


picture(2)
start = time.perf_counter()
picture(steps)
print((time.perf_counter() - start) * 1000)
