/**
 * Shapes of published config.json files, those of one task together: `model_type Class` a line; what else matters is given beside the
 * task. The classes and types are those of the models' own repositories.
 */
export interface ConfigShapes {
  task: string;
  extra?: Record<string, unknown>;
  shapes: string;
}

const labels = (...names: string[]) => ({ id2label: Object.fromEntries(names.map((name, index) => [index, name])) });

export const transformersShapes: ConfigShapes[] = [
  {
    task: 'text-generation',
    shapes: `llama LlamaForCausalLM, llama4_text Llama4ForCausalLM, mistral MistralForCausalLM, mixtral MixtralForCausalLM, qwen QWenLMHeadModel, qwen2 Qwen2ForCausalLM,
      qwen2_moe Qwen2MoeForCausalLM, qwen3 Qwen3ForCausalLM, qwen3_moe Qwen3MoeForCausalLM, qwen3_next Qwen3NextForCausalLM, gemma GemmaForCausalLM, gemma2 Gemma2ForCausalLM,
      gemma3_text Gemma3ForCausalLM, gemma3n_text Gemma3nForCausalLM, phi PhiForCausalLM, phi3 Phi3ForCausalLM, phimoe PhimoeForCausalLM, gpt2 GPT2LMHeadModel,
      gpt_neo GPTNeoForCausalLM, gpt_neox GPTNeoXForCausalLM, gptj GPTJForCausalLM, gpt_oss GptOssForCausalLM, gpt_bigcode GPTBigCodeForCausalLM, openai-gpt OpenAIGPTLMHeadModel,
      falcon FalconForCausalLM, falcon_mamba FalconMambaForCausalLM, falcon_h1 FalconH1ForCausalLM, deepseek DeepseekForCausalLM, deepseek_v2 DeepseekV2ForCausalLM,
      deepseek_v3 DeepseekV3ForCausalLM, olmo OlmoForCausalLM, olmo2 Olmo2ForCausalLM, olmo3 Olmo3ForCausalLM, olmoe OlmoeForCausalLM, stablelm StableLmForCausalLM,
      granite GraniteForCausalLM, granitemoe GraniteMoeForCausalLM, granitemoehybrid GraniteMoeHybridForCausalLM, smollm3 SmolLM3ForCausalLM, minicpm MiniCPMForCausalLM,
      minicpm3 MiniCPM3ForCausalLM, cohere CohereForCausalLM, cohere2 Cohere2ForCausalLM, mamba MambaForCausalLM, mamba2 Mamba2ForCausalLM, rwkv RwkvForCausalLM,
      rwkv6 Rwkv6ForCausalLM, rwkv7 RWKV7ForCausalLM, bloom BloomForCausalLM, opt OPTForCausalLM, mpt MPTForCausalLM, starcoder2 Starcoder2ForCausalLM, codegen CodeGenForCausalLM,
      xglm XGLMForCausalLM, jamba JambaForCausalLM, dbrx DbrxForCausalLM, persimmon PersimmonForCausalLM, nemotron NemotronForCausalLM, exaone ExaoneForCausalLM,
      exaone4 Exaone4ForCausalLM, glm GlmForCausalLM, glm4 Glm4ForCausalLM, glm4_moe Glm4MoeForCausalLM, baichuan BaichuanForCausalLM, internlm2 InternLM2ForCausalLM,
      internlm3 InternLM3ForCausalLM, Yi YiForCausalLM, orion OrionForCausalLM, xverse XverseForCausalLM, arctic ArcticForCausalLM, openelm OpenELMForCausalLM, bitnet BitNetForCausalLM,
      hunyuan_v1_dense HunYuanDenseV1ForCausalLM, ernie4_5 Ernie4_5ForCausalLM, ernie4_5_moe Ernie4_5_MoeForCausalLM, lfm2 Lfm2ForCausalLM, seed_oss SeedOssForCausalLM,
      kimi_k2 DeepseekV3ForCausalLM, bailing_moe BailingMoeForCausalLM, helium HeliumForCausalLM, arcee ArceeForCausalLM, dots1 Dots1ForCausalLM, apertus ApertusForCausalLM,
      minimax MiniMaxForCausalLM, recurrent_gemma RecurrentGemmaForCausalLM, biogpt BioGptForCausalLM, ctrl CTRLLMHeadModel, xlnet XLNetLMHeadModel, zamba2 Zamba2ForCausalLM`,
  },
  {
    task: 'text2text-generation',
    shapes: `t5 T5ForConditionalGeneration, mt5 MT5ForConditionalGeneration, umt5 UMT5ForConditionalGeneration, longt5 LongT5ForConditionalGeneration, bart BartForConditionalGeneration,
      mbart MBartForConditionalGeneration, pegasus PegasusForConditionalGeneration, bigbird_pegasus BigBirdPegasusForConditionalGeneration, m2m_100 M2M100ForConditionalGeneration,
      blenderbot BlenderbotForConditionalGeneration, led LEDForConditionalGeneration, prophetnet ProphetNetForConditionalGeneration, encoder-decoder EncoderDecoderModel`,
  },
  {
    task: 'feature-extraction',
    shapes: `bert BertModel, distilbert DistilBertModel, roberta RobertaModel, xlm-roberta XLMRobertaModel, mpnet MPNetModel, albert AlbertModel, electra ElectraModel, deberta-v2 DebertaV2Model,
      nomic_bert NomicBertModel, new NewModel, modernbert ModernBertModel, jina_bert JinaBertModel, t5 T5EncoderModel, mt5 MT5EncoderModel, qwen2 Qwen2Model, qwen3 Qwen3Model, mistral MistralModel,
      llama LlamaModel, gemma3_text Gemma3TextModel, eurobert EuroBertModel, clip_text_model CLIPTextModel, clip_text_model CLIPTextModelWithProjection, wav2vec2 Wav2Vec2Model, hubert HubertModel`,
  },
  {
    task: 'fill-mask',
    shapes: `bert BertForMaskedLM, distilbert DistilBertForMaskedLM, roberta RobertaForMaskedLM, xlm-roberta XLMRobertaForMaskedLM, camembert CamembertForMaskedLM, albert AlbertForMaskedLM,
      deberta-v2 DebertaV2ForMaskedLM, modernbert ModernBertForMaskedLM, electra ElectraForPreTraining, esm EsmForMaskedLM, longformer LongformerForMaskedLM, bert BertForPreTraining`,
  },
  {
    task: 'text-classification',
    extra: labels('NEGATIVE', 'POSITIVE'),
    shapes: `bert BertForSequenceClassification, distilbert DistilBertForSequenceClassification, roberta RobertaForSequenceClassification, xlm-roberta XLMRobertaForSequenceClassification,
      deberta-v2 DebertaV2ForSequenceClassification, albert AlbertForSequenceClassification, llama LlamaForSequenceClassification`,
  },
  { task: 'text-classification', shapes: 'bert BertForSequenceClassification' }, // no labels: transformers' default is two
  {
    task: 'text-ranking',
    extra: labels('LABEL_0'),
    shapes: `bert BertForSequenceClassification, xlm-roberta XLMRobertaForSequenceClassification, deberta-v2 DebertaV2ForSequenceClassification, new NewForSequenceClassification,
      modernbert ModernBertForSequenceClassification, qwen2 Qwen2ForSequenceClassification, qwen3 Qwen3ForSequenceClassification, gemma GemmaForSequenceClassification`,
  },
  {
    task: 'zero-shot-classification',
    extra: labels('contradiction', 'neutral', 'entailment'),
    shapes: 'bart BartForSequenceClassification, deberta-v2 DebertaV2ForSequenceClassification, roberta RobertaForSequenceClassification, distilbert DistilBertForSequenceClassification',
  },
  {
    task: 'token-classification',
    shapes: 'bert BertForTokenClassification, distilbert DistilBertForTokenClassification, xlm-roberta XLMRobertaForTokenClassification, deberta-v2 DebertaV2ForTokenClassification, layoutlmv3 LayoutLMv3ForTokenClassification',
  },
  { task: 'question-answering', shapes: 'bert BertForQuestionAnswering, distilbert DistilBertForQuestionAnswering, roberta RobertaForQuestionAnswering, deberta-v2 DebertaV2ForQuestionAnswering' },
  {
    task: 'zero-shot-image-classification',
    extra: { vision_config: {}, text_config: {} },
    shapes: 'clip CLIPModel, siglip SiglipModel, siglip2 Siglip2Model, chinese_clip ChineseCLIPModel, altclip AltCLIPModel, align AlignModel, jina_clip JinaCLIPModel',
  },
  {
    task: 'image-feature-extraction',
    shapes: `clip_vision_model CLIPVisionModel, clip_vision_model CLIPVisionModelWithProjection, siglip_vision_model SiglipVisionModel, dinov2 Dinov2Model, dinov2_with_registers Dinov2WithRegistersModel,
      dinov3_vit DINOv3ViTModel, vit ViTModel, swin SwinModel, hiera HieraModel, ijepa IJepaModel`,
  },
  {
    task: 'image-classification',
    shapes: `vit ViTForImageClassification, deit DeiTForImageClassificationWithTeacher, beit BeitForImageClassification, swin SwinForImageClassification, swinv2 Swinv2ForImageClassification,
      convnext ConvNextForImageClassification, convnextv2 ConvNextV2ForImageClassification, resnet ResNetForImageClassification, mobilenet_v2 MobileNetV2ForImageClassification,
      mobilevit MobileViTForImageClassification, dinov2 Dinov2ForImageClassification, efficientnet EfficientNetForImageClassification, siglip SiglipForImageClassification`,
  },
  {
    task: 'object-detection',
    shapes: `detr DetrForObjectDetection, yolos YolosForObjectDetection, conditional_detr ConditionalDetrForObjectDetection, deformable_detr DeformableDetrForObjectDetection, rt_detr RTDetrForObjectDetection,
      rt_detr_v2 RTDetrV2ForObjectDetection, d_fine DFineForObjectDetection, table-transformer TableTransformerForObjectDetection`,
  },
  { task: 'zero-shot-object-detection', shapes: 'owlvit OwlViTForObjectDetection, owlv2 Owlv2ForObjectDetection, grounding-dino GroundingDinoForObjectDetection, omdet-turbo OmDetTurboForObjectDetection' },
  {
    task: 'image-segmentation',
    shapes: `segformer SegformerForSemanticSegmentation, detr DetrForSegmentation, maskformer MaskFormerForInstanceSegmentation, mask2former Mask2FormerForUniversalSegmentation,
      oneformer OneFormerForUniversalSegmentation, beit BeitForSemanticSegmentation, upernet UperNetForSemanticSegmentation, clipseg CLIPSegForImageSegmentation, SegformerForSemanticSegmentation BiRefNetForImageSegmentation`,
  },
  { task: 'mask-generation', shapes: 'sam SamModel, sam2 Sam2Model, sam_hq SamHQModel' },
  { task: 'depth-estimation', shapes: 'depth_anything DepthAnythingForDepthEstimation, dpt DPTForDepthEstimation, glpn GLPNForDepthEstimation, zoedepth ZoeDepthForDepthEstimation, depth_pro DepthProForDepthEstimation' },
  { task: 'image-to-image', shapes: 'swin2sr Swin2SRForImageSuperResolution' },
  { task: 'keypoint-detection', shapes: 'vitpose VitPoseForPoseEstimation, superpoint SuperPointForKeypointDetection' },
  { task: 'video-classification', shapes: 'videomae VideoMAEForVideoClassification, timesformer TimesformerForVideoClassification, vivit VivitForVideoClassification' },
  { task: 'image-to-text', shapes: 'vision-encoder-decoder VisionEncoderDecoderModel, blip BlipForConditionalGeneration, git GitForCausalLM, pix2struct Pix2StructForConditionalGeneration' },
  { task: 'visual-question-answering', shapes: 'vilt ViltForQuestionAnswering, blip BlipForQuestionAnswering' },
  { task: 'document-question-answering', shapes: 'layoutlm LayoutLMForQuestionAnswering, layoutlmv2 LayoutLMv2ForQuestionAnswering, layoutlmv3 LayoutLMv3ForQuestionAnswering' },
  {
    task: 'image-text-to-text',
    extra: { vision_config: { hidden_size: 1024 } },
    shapes: `llava LlavaForConditionalGeneration, llava_next LlavaNextForConditionalGeneration, llava_onevision LlavaOnevisionForConditionalGeneration, qwen2_vl Qwen2VLForConditionalGeneration,
      qwen2_5_vl Qwen2_5_VLForConditionalGeneration, qwen3_vl Qwen3VLForConditionalGeneration, smolvlm SmolVLMForConditionalGeneration, idefics2 Idefics2ForConditionalGeneration,
      idefics3 Idefics3ForConditionalGeneration, paligemma PaliGemmaForConditionalGeneration, florence2 Florence2ForConditionalGeneration, gemma3 Gemma3ForConditionalGeneration,
      mistral3 Mistral3ForConditionalGeneration, mllama MllamaForConditionalGeneration, llama4 Llama4ForConditionalGeneration, blip-2 Blip2ForConditionalGeneration,
      instructblip InstructBlipForConditionalGeneration, internvl_chat InternVLChatModel, internvl InternVLForConditionalGeneration, aya_vision AyaVisionForConditionalGeneration,
      gemma3n Gemma3nForConditionalGeneration, kosmos-2 Kosmos2ForConditionalGeneration, chameleon ChameleonForConditionalGeneration, llava_qwen2 LlavaQwen2ForCausalLM, moondream1 Moondream`,
  },
  { task: 'image-text-to-text', extra: { img_processor: {} }, shapes: 'phi3_v Phi3VForCausalLM' },
  { task: 'any-to-any', extra: { vision_config: {}, gen_vision_config: {} }, shapes: 'multi_modality MultiModalityCausalLM, janus JanusForConditionalGeneration, qwen2_5_omni Qwen2_5OmniModel' },
  { task: 'any-to-any', extra: { vision_config: {} }, shapes: 'multi_modality' }, // Janus-1.3B names no class
  {
    task: 'automatic-speech-recognition',
    shapes: `whisper WhisperForConditionalGeneration, moonshine MoonshineForConditionalGeneration, wav2vec2 Wav2Vec2ForCTC, wav2vec2-bert Wav2Vec2BertForCTC, hubert HubertForCTC, wavlm WavLMForCTC,
      speech_to_text Speech2TextForConditionalGeneration, speecht5 SpeechT5ForSpeechToText, parakeet_ctc ParakeetForCTC`,
  },
  { task: 'text-to-speech', shapes: 'vits VitsModel, speecht5 SpeechT5ForTextToSpeech, bark BarkModel, style_text_to_speech_2 StyleTextToSpeech2Model, csm CsmForConditionalGeneration, dia DiaForConditionalGeneration, parler_tts ParlerTTSForConditionalGeneration' },
  { task: 'text-to-speech', shapes: 'style_text_to_speech_2' },
  { task: 'text-to-audio', extra: { audio_encoder: {} }, shapes: 'musicgen MusicgenForConditionalGeneration, musicgen_melody MusicgenMelodyForConditionalGeneration' },
  { task: 'zero-shot-audio-classification', extra: { audio_config: {} }, shapes: 'clap ClapModel' },
  {
    task: 'audio-classification',
    extra: labels('a', 'b', 'c'),
    shapes: 'wav2vec2 Wav2Vec2ForSequenceClassification, hubert HubertForSequenceClassification, wavlm WavLMForSequenceClassification, audio-spectrogram-transformer ASTForAudioClassification, wavlm WavLMForXVector',
  },
  { task: 'audio-to-audio', shapes: 'encodec EncodecModel, dac DacModel, mimi MimiModel, speecht5 SpeechT5ForSpeechToSpeech' },
  { task: 'audio-text-to-text', extra: { audio_config: {} }, shapes: 'qwen2_audio Qwen2AudioForConditionalGeneration, voxtral VoxtralForConditionalGeneration, ultravox UltravoxModel' },
  {
    task: 'time-series-forecasting',
    shapes: `patchtst PatchTSTForPrediction, patchtsmixer PatchTSMixerForPrediction, informer InformerForPrediction, autoformer AutoformerForPrediction, time_series_transformer TimeSeriesTransformerForPrediction,
      timesfm TimesFmModelForPrediction, patchtst PatchTSTForRegression`,
  },
  { task: 'time-series-forecasting', extra: { chronos_config: { prediction_length: 64 } }, shapes: 't5 T5ForConditionalGeneration, t5 ChronosBoltModelForForecasting' },
  { task: 'image-classification', extra: { architecture: 'resnet50', pretrained_cfg: { num_classes: 1000 } }, shapes: '' }, // timm: no model type
  { task: 'image-feature-extraction', extra: { architecture: 'vit_base_patch14_dinov2', pretrained_cfg: { num_classes: 0 } }, shapes: '' },
];

export const pipelineShapes: Record<string, string> = {
  'text-to-image': `StableDiffusionPipeline StableDiffusionXLPipeline LatentConsistencyModelPipeline StableDiffusion3Pipeline FluxPipeline PixArtAlphaPipeline PixArtSigmaPipeline KandinskyV22Pipeline KandinskyV22PriorPipeline
    KandinskyPipeline StableCascadeCombinedPipeline WuerstchenCombinedPipeline SanaPipeline AuraFlowPipeline HunyuanDiTPipeline Lumina2Pipeline QwenImagePipeline ChromaPipeline StableDiffusionControlNetPipeline
    ORTStableDiffusionPipeline OnnxStableDiffusionPipeline CogView4Pipeline IFPipeline`,
  'image-to-image': `StableDiffusionImg2ImgPipeline StableDiffusionInpaintPipeline StableDiffusionXLInpaintPipeline StableDiffusionInstructPix2PixPipeline StableDiffusionXLImg2ImgPipeline
    FluxFillPipeline FluxKontextPipeline StableDiffusionUpscalePipeline StableDiffusionLatentUpscalePipeline StableDiffusionImageVariationPipeline QwenImageEditPipeline`,
  'text-to-video': 'AnimateDiffPipeline TextToVideoSDPipeline CogVideoXPipeline LTXPipeline WanPipeline HunyuanVideoPipeline MochiPipeline LattePipeline AllegroPipeline',
  'image-to-video': 'StableVideoDiffusionPipeline CogVideoXImageToVideoPipeline WanImageToVideoPipeline LTXImageToVideoPipeline I2VGenXLPipeline HunyuanVideoImageToVideoPipeline',
  'text-to-audio': 'AudioLDMPipeline AudioLDM2Pipeline StableAudioPipeline MusicLDMPipeline',
  'unconditional-image-generation': 'DDPMPipeline DDIMPipeline DiTPipeline',
  'depth-estimation': 'MarigoldDepthPipeline',
};
