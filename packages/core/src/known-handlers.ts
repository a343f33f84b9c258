import type { z } from 'zod';
import type { handlerManifestSchema } from './manifest.js';

/**
 * Manifests of the handlers that the project publishes, so that a model nobody installed takes gets the name of the package that
 * would. Made from their package.json files by tooling/known-handlers.mjs; a test compares the two.
 */
export const knownHandlers: { package: string; manifest: z.input<typeof handlerManifestSchema> }[] = [
  {
    "package": "@llmi/handler-audio",
    "manifest": {
      "name": "audio",
      "entry": "./dist/index.js",
      "displayName": "Speech and sound",
      "description": "Speech to text, text to speech, audio classification, zero-shot labels and voice activity with ONNX models.",
      "tasks": [
        "automatic-speech-recognition",
        "text-to-speech",
        "audio-classification",
        "zero-shot-audio-classification",
        "voice-activity-detection"
      ],
      "match": {
        "architectures": [
          "WhisperForConditionalGeneration",
          "LiteWhisperForConditionalGeneration",
          "MoonshineForConditionalGeneration",
          "*ForCTC",
          "*ForAudioClassification",
          "Wav2Vec2ForSequenceClassification",
          "Wav2Vec2ConformerForSequenceClassification",
          "Wav2Vec2BertForSequenceClassification",
          "HubertForSequenceClassification",
          "WavLMForSequenceClassification",
          "UniSpeechForSequenceClassification",
          "UniSpeechSatForSequenceClassification",
          "Data2VecAudioForSequenceClassification",
          "SEWForSequenceClassification",
          "SEWDForSequenceClassification",
          "WhisperForAudioClassification",
          "ASTForAudioClassification",
          "ASTModel",
          "ClapModel",
          "VitsModel",
          "SpeechT5ForTextToSpeech"
        ],
        "modelTypes": [
          "whisper",
          "lite-whisper",
          "moonshine",
          "wav2vec2",
          "hubert",
          "wavlm",
          "unispeech",
          "unispeech-sat",
          "data2vec-audio",
          "sew",
          "sew-d",
          "audio-spectrogram-transformer",
          "clap",
          "vits",
          "speecht5",
          "style_text_to_speech_2"
        ],
        "pipelineTags": [
          "automatic-speech-recognition",
          "text-to-speech",
          "text-to-audio",
          "audio-classification",
          "zero-shot-audio-classification",
          "voice-activity-detection"
        ],
        "files": [
          "*silero_vad*.onnx"
        ]
      },
      "priority": 50,
      "formats": [
        "onnx"
      ]
    }
  },
  {
    "package": "@llmi/handler-diffusion",
    "manifest": {
      "name": "diffusion",
      "entry": "./dist/index.js",
      "displayName": "Diffusion",
      "description": "Pictures and films from words and pictures, with diffusers repositories in ONNX format: Stable Diffusion 1, 2, XL, 3, Flux, AnimateDiff, LTX-Video.",
      "tasks": [
        "text-to-image",
        "image-to-image",
        "text-to-video"
      ],
      "match": {
        "pipelineClasses": [
          "StableDiffusion*Pipeline",
          "OnnxStableDiffusion*Pipeline",
          "ORTStableDiffusion*Pipeline",
          "*LatentConsistencyModel*Pipeline",
          "StableDiffusionXL*Pipeline",
          "ORTStableDiffusionXL*Pipeline",
          "StableDiffusion3*Pipeline",
          "ORTStableDiffusion3*Pipeline",
          "Flux*Pipeline",
          "ORTFlux*Pipeline",
          "AnimateDiffPipeline",
          "LTXPipeline"
        ],
        "files": [
          "model_index.json"
        ],
        "libraries": [
          "diffusers"
        ],
        "pipelineTags": [
          "text-to-image",
          "text-to-video"
        ]
      },
      "priority": 50,
      "formats": [
        "onnx"
      ]
    }
  },
  {
    "package": "@llmi/handler-embedding",
    "manifest": {
      "name": "embedding",
      "entry": "./dist/index.js",
      "displayName": "Embeddings",
      "description": "Vectors of texts, of texts and pictures in one space, and rankings of documents: sentence-transformers models, CLIP, SigLIP and cross-encoders in ONNX format, BERT and others in GGUF format.",
      "tasks": [
        "feature-extraction",
        "sentence-similarity",
        "text-ranking",
        "image-feature-extraction"
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
          "EuroBertModel",
          "*ForSequenceClassification",
          "CLIPModel",
          "CLIPTextModel*",
          "SiglipModel",
          "SiglipTextModel",
          "Siglip2Model",
          "ChineseCLIPModel",
          "AltCLIPModel"
        ],
        "files": [
          "modules.json"
        ],
        "libraries": [
          "sentence-transformers"
        ],
        "pipelineTags": [
          "feature-extraction",
          "sentence-similarity",
          "text-ranking"
        ],
        "modelTypes": [
          "bert",
          "nomic-bert",
          "nomic-bert-moe",
          "jina-bert-v2",
          "jina-bert-v3",
          "modern-bert",
          "neo-bert",
          "eurobert",
          "gemma-embedding",
          "t5encoder"
        ]
      },
      "exclude": {
        "architectures": [
          "*ForTokenClassification",
          "*ForQuestionAnswering",
          "*VisionModel*",
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
          "model_index.json"
        ],
        "pipelineTags": [
          "image-feature-extraction",
          "audio-classification"
        ]
      },
      "priority": 55,
      "formats": [
        "onnx",
        "gguf"
      ]
    }
  },
  {
    "package": "@llmi/handler-embedding",
    "manifest": {
      "name": "joint-embedding",
      "entry": "./dist/joint-embedding.js",
      "displayName": "Joint embeddings",
      "description": "The same for models that would otherwise compare pictures with labels: chosen with llmi config set handlers.prefer.feature-extraction joint-embedding.",
      "tasks": [
        "feature-extraction",
        "sentence-similarity",
        "image-feature-extraction"
      ],
      "match": {
        "architectures": [
          "CLIPModel",
          "SiglipModel",
          "Siglip2Model",
          "ChineseCLIPModel",
          "AltCLIPModel"
        ],
        "modelTypes": [
          "clip",
          "siglip",
          "siglip2",
          "chinese_clip",
          "altclip"
        ]
      },
      "exclude": {
        "files": [
          "model_index.json"
        ]
      },
      "priority": 40,
      "formats": [
        "onnx"
      ]
    }
  },
  {
    "package": "@llmi/handler-janus",
    "manifest": {
      "name": "janus",
      "entry": "./dist/index.js",
      "displayName": "Janus",
      "description": "Answers about pictures, and pictures from text, with one loaded Janus model.",
      "tasks": [
        "any-to-any",
        "image-text-to-text",
        "text-to-image"
      ],
      "match": {
        "architectures": [
          "MultiModalityCausalLM",
          "JanusForConditionalGeneration"
        ],
        "modelTypes": [
          "multi_modality",
          "janus"
        ]
      },
      "priority": 60,
      "formats": [
        "onnx"
      ]
    }
  },
  {
    "package": "@llmi/handler-multimodal",
    "manifest": {
      "name": "multimodal",
      "entry": "./dist/index.js",
      "displayName": "Vision and language",
      "description": "Answers about pictures with LLaVA, SmolVLM, Idefics3, Qwen2-VL and relatives.",
      "tasks": [
        "image-text-to-text"
      ],
      "match": {
        "architectures": [
          "LlavaForConditionalGeneration",
          "VipLlavaForConditionalGeneration",
          "LlavaQwen2ForCausalLM",
          "LlavaQwenForCausalLM",
          "Idefics3ForConditionalGeneration",
          "SmolVLMForConditionalGeneration",
          "Qwen2VLForConditionalGeneration",
          "Qwen2_5_VLForConditionalGeneration",
          "Florence2ForConditionalGeneration"
        ],
        "modelTypes": [
          "llava",
          "vipllava",
          "llava_qwen2",
          "idefics3",
          "smolvlm",
          "qwen2_vl",
          "qwen2_5_vl",
          "florence2"
        ]
      },
      "priority": 50,
      "formats": [
        "onnx"
      ]
    }
  },
  {
    "package": "@llmi/handler-specialized",
    "manifest": {
      "name": "specialized",
      "entry": "./dist/index.js",
      "displayName": "Specialized models",
      "description": "Token and text classification, fill-mask, question answering, zero-shot labels, translation, summarization, document reading, forecasts and any ONNX graph.",
      "tasks": [
        "token-classification",
        "fill-mask",
        "question-answering",
        "text-classification",
        "zero-shot-classification",
        "translation",
        "summarization",
        "text2text-generation",
        "image-to-text",
        "time-series-forecasting",
        "tensors"
      ],
      "match": {
        "architectures": [
          "*ForTokenClassification",
          "*ForMaskedLM",
          "*ForQuestionAnswering",
          "*ForSequenceClassification",
          "T5ForConditionalGeneration",
          "MT5ForConditionalGeneration",
          "UMT5ForConditionalGeneration",
          "LongT5ForConditionalGeneration",
          "SwitchTransformersForConditionalGeneration",
          "BartForConditionalGeneration",
          "MBartForConditionalGeneration",
          "PegasusForConditionalGeneration",
          "BlenderbotForConditionalGeneration",
          "BlenderbotSmallForConditionalGeneration",
          "LEDForConditionalGeneration",
          "BigBirdPegasusForConditionalGeneration",
          "ProphetNetForConditionalGeneration",
          "M2M100ForConditionalGeneration",
          "NllbMoeForConditionalGeneration",
          "MarianMTModel",
          "FSMTForConditionalGeneration",
          "VisionEncoderDecoderModel",
          "PatchTSTForPrediction",
          "PatchTSMixerForPrediction",
          "TinyTimeMixerForPrediction"
        ],
        "modelTypes": [
          "t5",
          "mt5",
          "umt5",
          "bart",
          "mbart",
          "pegasus",
          "m2m_100",
          "marian",
          "vision-encoder-decoder",
          "patchtst",
          "patchtsmixer"
        ],
        "pipelineTags": [
          "token-classification",
          "fill-mask",
          "question-answering",
          "text-classification",
          "zero-shot-classification",
          "translation",
          "summarization",
          "text2text-generation",
          "image-to-text",
          "time-series-forecasting"
        ],
        "files": [
          "*.onnx"
        ]
      },
      "exclude": {
        "architectures": [
          "Wav2Vec2*",
          "Hubert*",
          "WavLM*",
          "UniSpeech*",
          "SEW*",
          "Data2VecAudio*",
          "AST*",
          "Whisper*"
        ],
        "files": [
          "model_index.json",
          "modules.json"
        ],
        "pipelineTags": [
          "text-ranking"
        ]
      },
      "priority": 40,
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
      "description": "Chat, completion and instructions with decoder language models in GGUF format on llama.cpp, and in ONNX format on ONNX Runtime.",
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
        ],
        "pipelineTags": [
          "feature-extraction",
          "sentence-similarity",
          "text-ranking"
        ]
      },
      "priority": 50,
      "formats": [
        "gguf",
        "onnx"
      ]
    }
  },
  {
    "package": "@llmi/handler-vision",
    "manifest": {
      "name": "vision",
      "entry": "./dist/index.js",
      "displayName": "Vision",
      "description": "Classification, detection, segmentation, depth, labels and objects in plain words, background removal, features and super-resolution with ONNX models.",
      "tasks": [
        "image-classification",
        "object-detection",
        "image-segmentation",
        "mask-generation",
        "depth-estimation",
        "zero-shot-image-classification",
        "zero-shot-object-detection",
        "background-removal",
        "image-feature-extraction",
        "image-to-image"
      ],
      "match": {
        "architectures": [
          "*ForImageClassification",
          "*ForImageClassificationWithTeacher",
          "*ForObjectDetection",
          "*ForSemanticSegmentation",
          "*ForInstanceSegmentation",
          "*ForUniversalSegmentation",
          "*ForImageSegmentation",
          "*ForDepthEstimation",
          "*ForImageSuperResolution",
          "CLIPModel",
          "CLIPVisionModel*",
          "SiglipModel",
          "SiglipVisionModel",
          "AltCLIPModel",
          "ChineseCLIPModel",
          "ViTModel",
          "DeiTModel",
          "Dinov2Model",
          "Dinov2WithRegistersModel",
          "DINOv3*Model",
          "BeitModel",
          "ConvNextModel",
          "ConvNextV2Model",
          "SwinModel",
          "Swinv2Model",
          "HieraModel",
          "ResNetModel",
          "RegNetModel",
          "EfficientNetModel",
          "MobileNetV1Model",
          "MobileNetV2Model",
          "MobileViTModel",
          "PvtModel",
          "DetrForSegmentation",
          "SamModel",
          "Sam2Model",
          "Sam2VideoModel",
          "EdgeTamModel",
          "EdgeTamVideoModel",
          "Sam3TrackerModel",
          "BiRefNet",
          "BriaRMBG"
        ],
        "modelTypes": [
          "vit",
          "deit",
          "beit",
          "convnext",
          "convnextv2",
          "swin",
          "swinv2",
          "resnet",
          "regnet",
          "efficientnet",
          "mobilenet_v1",
          "mobilenet_v2",
          "mobilevit",
          "mobilevitv2",
          "dinov2",
          "dinov2_with_registers",
          "hiera",
          "pvt",
          "levit",
          "poolformer",
          "detr",
          "conditional_detr",
          "deformable_detr",
          "table-transformer",
          "yolos",
          "rt_detr",
          "rt_detr_v2",
          "d_fine",
          "owlvit",
          "owlv2",
          "grounding-dino",
          "yolov8",
          "yolov10",
          "yolox",
          "sam",
          "sam2",
          "sam2_video",
          "edgetam",
          "edgetam_video",
          "sam3_tracker",
          "segformer",
          "upernet",
          "mask2former",
          "maskformer",
          "oneformer",
          "dpt",
          "glpn",
          "depth_anything",
          "zoedepth",
          "depth_pro",
          "swin2sr",
          "clip",
          "siglip",
          "siglip2",
          "birefnet",
          "isnet",
          "modnet",
          "timm_wrapper"
        ],
        "pipelineTags": [
          "image-classification",
          "object-detection",
          "image-segmentation",
          "mask-generation",
          "depth-estimation",
          "zero-shot-image-classification",
          "zero-shot-object-detection",
          "image-feature-extraction"
        ],
        "files": [
          "*yolox*.onnx",
          "*yolov*.onnx",
          "*mobilenet*.onnx",
          "*resnet*.onnx",
          "*efficientnet*.onnx",
          "*squeezenet*.onnx",
          "*shufflenet*.onnx",
          "*densenet*.onnx",
          "*super*resolution*.onnx",
          "*imagenet_classes.txt"
        ]
      },
      "exclude": {
        "files": [
          "model_index.json",
          "modules.json"
        ],
        "architectures": [
          "*ForConditionalGeneration",
          "*ForCausalLM",
          "VisionEncoderDecoderModel"
        ]
      },
      "priority": 50,
      "formats": [
        "onnx"
      ]
    }
  }
];
