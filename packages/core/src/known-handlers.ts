import type { z } from 'zod';
import type { handlerManifestSchema } from './manifest.js';

/**
 * Manifests of the handlers that the project publishes, so that a model nobody installed takes gets the name of the package that
 * would. Made from their package.json files by tooling/known-handlers.mjs; a test compares the two.
 */
export const knownHandlers: { package: string; manifest: z.input<typeof handlerManifestSchema> }[] = [
  {
    "package": "@llmi/handler-embedding",
    "manifest": {
      "name": "embedding",
      "entry": "./dist/index.js",
      "displayName": "Embeddings",
      "description": "Vectors of texts from sentence-transformers models in ONNX format.",
      "tasks": [
        "feature-extraction",
        "sentence-similarity"
      ],
      "match": {
        "modelIds": [
          "*/qwen3-embedding-*",
          "*/gte-qwen2-*",
          "*/embeddinggemma-*",
          "*/e5-mistral-*"
        ],
        "architectures": [
          "BertModel",
          "DistilBertModel",
          "RobertaModel",
          "XLMRobertaModel",
          "XLMRobertaXLModel",
          "CamembertModel",
          "MPNetModel",
          "AlbertModel",
          "ElectraModel",
          "DebertaModel",
          "DebertaV2Model",
          "NomicBertModel",
          "NewModel",
          "GteModel",
          "ModernBertModel",
          "JinaBertModel",
          "T5EncoderModel",
          "MT5EncoderModel",
          "Qwen2Model",
          "Qwen3Model",
          "MistralModel",
          "LlamaModel",
          "Gemma3TextModel",
          "EuroBertModel"
        ],
        "files": [
          "modules.json"
        ],
        "libraries": [
          "sentence-transformers"
        ],
        "pipelineTags": [
          "feature-extraction",
          "sentence-similarity"
        ]
      },
      "exclude": {
        "architectures": [
          "*ForSequenceClassification",
          "*ForTokenClassification",
          "*ForQuestionAnswering",
          "*VisionModel*",
          "CLIP*",
          "SigLIP*",
          "ViT*",
          "Dino*",
          "Swin*",
          "Wav2Vec2*",
          "Hubert*",
          "WavLM*",
          "Whisper*",
          "Bart*",
          "PatchTST*"
        ],
        "files": [
          "model_index.json",
          "0_CLIPModel/*",
          "*vision_model*.onnx"
        ],
        "pipelineTags": [
          "text-ranking",
          "image-feature-extraction"
        ]
      },
      "priority": 50,
      "formats": [
        "onnx"
      ]
    }
  },
  {
    "package": "@llmi/handler-transformer",
    "manifest": {
      "name": "transformer",
      "entry": "./dist/index.js",
      "displayName": "Text generation",
      "description": "Chat, completion and instructions with decoder language models in GGUF format, on llama.cpp.",
      "tasks": [
        "text-generation"
      ],
      "match": {
        "architectures": [
          "*ForCausalLM",
          "*LMHeadModel"
        ],
        "modelTypes": [
          "llama",
          "llama4",
          "deci",
          "falcon",
          "grok",
          "grok-1",
          "gpt2",
          "gptj",
          "gpt-j",
          "gptneox",
          "gpt_neox",
          "mpt",
          "baichuan",
          "starcoder",
          "gpt_bigcode",
          "refact",
          "bloom",
          "stablelm",
          "stablelm_epoch",
          "qwen",
          "qwen2",
          "qwen2moe",
          "qwen2_moe",
          "qwen3",
          "qwen3moe",
          "qwen3_moe",
          "qwen3next",
          "qwen3_next",
          "qwen35",
          "qwen35moe",
          "qwen3_5_text",
          "qwen3_5_moe_text",
          "phi",
          "phi2",
          "phi3",
          "phimoe",
          "plamo",
          "plamo2",
          "plamo3",
          "codeshell",
          "orion",
          "internlm",
          "internlm2",
          "internlm3",
          "minicpm",
          "minicpm3",
          "gemma",
          "gemma2",
          "gemma3",
          "gemma3_text",
          "gemma3n",
          "gemma3n_text",
          "gemma4",
          "gemma4_text",
          "starcoder2",
          "mamba",
          "mamba2",
          "falcon_mamba",
          "jamba",
          "falcon-h1",
          "falcon_h1",
          "xverse",
          "command-r",
          "cohere",
          "cohere2",
          "cohere2moe",
          "cohere2_moe",
          "dbrx",
          "olmo",
          "olmo2",
          "olmo3",
          "olmoe",
          "openelm",
          "arctic",
          "deepseek",
          "deepseek2",
          "deepseek_v2",
          "deepseek_v3",
          "deepseek32",
          "deepseek_v32",
          "deepseek4",
          "deepseek_v4",
          "chatglm",
          "glm4",
          "glm4moe",
          "glm4_moe",
          "glm-dsa",
          "glm_moe_dsa",
          "bitnet",
          "jais",
          "jais2",
          "nemotron",
          "nemotron_h",
          "nemotron_h_moe",
          "exaone",
          "exaone4",
          "exaone-moe",
          "exaone_moe",
          "rwkv6",
          "rwkv6qwen2",
          "rwkv7",
          "arwkv7",
          "granite",
          "granitemoe",
          "granitehybrid",
          "granitemoehybrid",
          "graniteswitch",
          "plm",
          "bailingmoe",
          "bailing_moe",
          "bailingmoe2",
          "bailing_moe_v2",
          "dots1",
          "arcee",
          "afmoe",
          "laguna",
          "ernie4_5",
          "ernie4_5-moe",
          "ernie4_5_moe",
          "hunyuan-moe",
          "hunyuan-dense",
          "hunyuan_v1_moe",
          "hunyuan_v1_dense",
          "hy_v3",
          "smollm3",
          "gpt-oss",
          "gpt_oss",
          "lfm2",
          "lfm2moe",
          "lfm2_moe",
          "smallthinker",
          "seed_oss",
          "grovemoe",
          "apertus",
          "minimax-m2",
          "minimax_m2",
          "minimax-m3",
          "minimax_m3",
          "pangu-embedded",
          "mistral",
          "mixtral",
          "mistral3",
          "ministral",
          "ministral3",
          "mistral4",
          "mimo2",
          "mimo_v2_flash",
          "step35",
          "maincoder",
          "kimi-linear",
          "kimi_linear",
          "kimi_k2",
          "talkie",
          "mellum",
          "nanbeige",
          "muse-glimmer"
        ],
        "pipelineTags": [
          "text-generation"
        ]
      },
      "exclude": {
        "files": [
          "modules.json"
        ]
      },
      "priority": 50,
      "formats": [
        "gguf"
      ]
    }
  }
];
