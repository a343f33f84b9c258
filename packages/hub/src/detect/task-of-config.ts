type Config = Readonly<Record<string, unknown>>;

/** Classes whose name alone does not tell the task by its ending. Source: the auto-model mappings of transformers, by class. */
const taskOfClass: Record<string, string> = {
  WhisperForConditionalGeneration: 'automatic-speech-recognition',
  MoonshineForConditionalGeneration: 'automatic-speech-recognition',
  Speech2TextForConditionalGeneration: 'automatic-speech-recognition',
  VoxtralForConditionalGeneration: 'audio-text-to-text',
  Qwen2AudioForConditionalGeneration: 'audio-text-to-text',
  UltravoxModel: 'audio-text-to-text',
  Qwen2_5OmniModel: 'any-to-any',
  Qwen2_5OmniForConditionalGeneration: 'any-to-any',
  Qwen3OmniMoeForConditionalGeneration: 'any-to-any',
  MusicgenForConditionalGeneration: 'text-to-audio',
  MusicgenMelodyForConditionalGeneration: 'text-to-audio',
  Pop2PianoForConditionalGeneration: 'audio-to-audio',
  VitsModel: 'text-to-speech',
  VitsForTextToSpeech: 'text-to-speech',
  BarkModel: 'text-to-speech',
  SpeechT5ForTextToSpeech: 'text-to-speech',
  SpeechT5ForSpeechToText: 'automatic-speech-recognition',
  SpeechT5ForSpeechToSpeech: 'audio-to-audio',
  FastSpeech2ConformerModel: 'text-to-speech',
  FastSpeech2ConformerWithHifiGan: 'text-to-speech',
  CsmForConditionalGeneration: 'text-to-speech',
  DiaForConditionalGeneration: 'text-to-speech',
  ParlerTTSForConditionalGeneration: 'text-to-speech',
  StyleTextToSpeech2Model: 'text-to-speech',
  ClapModel: 'zero-shot-audio-classification',
  CLIPModel: 'zero-shot-image-classification',
  ChineseCLIPModel: 'zero-shot-image-classification',
  AltCLIPModel: 'zero-shot-image-classification',
  SiglipModel: 'zero-shot-image-classification',
  Siglip2Model: 'zero-shot-image-classification',
  AlignModel: 'zero-shot-image-classification',
  JinaCLIPModel: 'zero-shot-image-classification',
  CLIPVisionModel: 'image-feature-extraction',
  CLIPVisionModelWithProjection: 'image-feature-extraction',
  SiglipVisionModel: 'image-feature-extraction',
  CLIPTextModel: 'feature-extraction',
  CLIPTextModelWithProjection: 'feature-extraction',
  SamModel: 'mask-generation',
  Sam2Model: 'mask-generation',
  Sam2VideoModel: 'mask-generation',
  EdgeTamModel: 'mask-generation',
  EdgeTamVideoModel: 'mask-generation',
  Sam3TrackerModel: 'mask-generation',
  SamHQModel: 'mask-generation',
  BlipForConditionalGeneration: 'image-to-text',
  GitForCausalLM: 'image-to-text',
  VisionEncoderDecoderModel: 'image-to-text',
  Pix2StructForConditionalGeneration: 'image-to-text',
  Kosmos2ForConditionalGeneration: 'image-text-to-text',
  Florence2ForConditionalGeneration: 'image-text-to-text',
  ViltForQuestionAnswering: 'visual-question-answering',
  BlipForQuestionAnswering: 'visual-question-answering',
  LayoutLMForQuestionAnswering: 'document-question-answering',
  LayoutLMv2ForQuestionAnswering: 'document-question-answering',
  LayoutLMv3ForQuestionAnswering: 'document-question-answering',
  MultiModalityCausalLM: 'any-to-any',
  JanusForConditionalGeneration: 'any-to-any',
  ChameleonForConditionalGeneration: 'image-text-to-text',
  Emu3ForConditionalGeneration: 'any-to-any',
  CLIPSegForImageSegmentation: 'image-segmentation',
  VitMatteForImageMatting: 'image-segmentation',
  SegformerForSemanticSegmentation: 'image-segmentation',
  EncoderDecoderModel: 'text2text-generation',
  GPT2DoubleHeadsModel: 'text-generation',
  ColPali: 'visual-document-retrieval',
  ColPaliForRetrieval: 'visual-document-retrieval',
  ColQwen2ForRetrieval: 'visual-document-retrieval',
  DacModel: 'audio-to-audio',
  EncodecModel: 'audio-to-audio',
  MimiModel: 'audio-to-audio',
  SuperPointForKeypointDetection: 'keypoint-detection',
};

/** Endings of class names, those that end in another one first. */
const taskOfEnding: [RegExp, string][] = [
  [/ForTokenClassification$/, 'token-classification'],
  [/ForQuestionAnswering$/, 'question-answering'],
  [/ForMultipleChoice$/, 'multiple-choice'],
  [/For(MaskedLM|PreTraining)$/, 'fill-mask'],
  [/For(CTC|SpeechSeq2Seq)$/, 'automatic-speech-recognition'],
  [/For(AudioClassification|AudioFrameClassification|XVector)$/, 'audio-classification'],
  [/ForVideoClassification$/, 'video-classification'],
  [/ForImageClassification(WithTeacher)?$/, 'image-classification'],
  [/^(GroundingDino|MMGroundingDino|Owl|OmDetTurbo).*ForObjectDetection$/, 'zero-shot-object-detection'],
  [/ForObjectDetection$/, 'object-detection'],
  [/For(Semantic|Universal|Instance|Panoptic|Image)?Segmentation$/, 'image-segmentation'],
  [/ForDepthEstimation$/, 'depth-estimation'],
  [/ForPoseEstimation$/, 'keypoint-detection'],
  [/For(ImageSuperResolution|ImageToImage|MaskedImageModeling)$/, 'image-to-image'],
  [/^(TimesFm|PatchTST|PatchTSMixer|TimeSeriesTransformer|Informer|Autoformer|TimeMoe|Timer).*For(Prediction|Forecasting)$/i, 'time-series-forecasting'],
  [/For(Prediction|Regression|TimeSeriesClassification)$/, 'time-series-forecasting'],
  [/(ForCausalLM|LMHeadModel|LMHead|ForImageTextToText)$/, 'text-generation'],
];

const audioTypes = /^(wav2vec2.*|hubert|wavlm|unispeech.*|sew.*|data2vec-audio|audio-spectrogram-transformer|ast|whisper|seamless.*)$/;
const visionTypes = /^(vit.*|deit|beit|swin.*|dinov\d.*|convnext.*|resnet|mobilenet.*|mobilevit.*|hiera|siglip_vision_model|clip_vision_model|data2vec-vision|i_jepa|ijepa|levit|pvt.*|efficientnet|regnet|poolformer|focalnet|cvt|bit)$/;
const speechToTextTypes = /^(whisper|moonshine.*|speech_to_text|granite_speech|kyutai_speech_to_text)$/;

/** Types whose configuration names no class. */
const taskOfType: Record<string, string> = {
  multi_modality: 'any-to-any', janus: 'any-to-any', style_text_to_speech_2: 'text-to-speech', kokoro: 'text-to-speech', clap: 'zero-shot-audio-classification',
  clip: 'zero-shot-image-classification', siglip: 'zero-shot-image-classification', whisper: 'automatic-speech-recognition', vits: 'text-to-speech', sam: 'mask-generation',
  florence2: 'image-text-to-text', moondream1: 'image-text-to-text', internvl_chat: 'image-text-to-text', minicpmv: 'image-text-to-text', yolos: 'object-detection',
  chronos: 'time-series-forecasting', chronos_bolt: 'time-series-forecasting',
};

const isObject = (value: unknown): value is Config => typeof value === 'object' && value !== null && !Array.isArray(value);
const textOf = (value: unknown) => (typeof value === 'string' ? value : '');

/** The task that a config.json says by its structure; undefined where it says none. */
export function taskOfConfig(config: Config, architectures: readonly string[]): string | undefined {
  const type = textOf(config['model_type']);
  const [name] = architectures;
  if (isObject(config['chronos_config'])) return 'time-series-forecasting'; // a T5 by class
  if (isObject(config['pretrained_cfg'])) return timmTask(config['pretrained_cfg']);
  if (name === undefined) return taskOfType[type];
  if (Object.hasOwn(taskOfClass, name)) return taskOfClass[name];
  if (/ForSequenceClassification$/.test(name)) return sequenceTask(config, type);
  for (const [ending, task] of taskOfEnding) {
    if (ending.test(name)) return task === 'text-generation' && hasVision(config) ? 'image-text-to-text' : task === 'text-generation' && hasAudio(config) ? 'audio-text-to-text' : task;
  }
  if (/ForConditionalGeneration$/.test(name)) {
    if (speechToTextTypes.test(type)) return 'automatic-speech-recognition';
    if (hasVision(config)) return 'image-text-to-text';
    return hasAudio(config) ? 'audio-text-to-text' : 'text2text-generation';
  }
  if (/(Chat(Model)?|VLModel|MiniCPMV|Llava.*)$/.test(name) && hasVision(config)) return 'image-text-to-text';
  return taskOfType[type] ?? plainModelTask(name, type);
}

/** A bare encoder: vectors of what it reads. */
function plainModelTask(name: string, type: string): string | undefined {
  if (!/Model$/.test(name)) return undefined;
  return visionTypes.test(type) ? 'image-feature-extraction' : 'feature-extraction';
}

/** One label is a score: a reranker. Labels of entailment classify anything. Sounds have the same class name. */
function sequenceTask(config: Config, type: string): string {
  if (audioTypes.test(type)) return 'audio-classification';
  const labels = isObject(config['id2label']) ? Object.values(config['id2label']).map((label) => textOf(label).toLowerCase()) : [];
  const count = typeof config['num_labels'] === 'number' ? config['num_labels'] : labels.length === 0 ? 2 : labels.length; // 2 is transformers' own default
  if (count === 1) return 'text-ranking';
  return labels.some((label) => label.startsWith('entail')) ? 'zero-shot-classification' : 'text-classification';
}

function timmTask(pretrained: Config): string {
  return pretrained['num_classes'] === 0 ? 'image-feature-extraction' : 'image-classification';
}

const hasVision = (config: Config) => isObject(config['vision_config']) || typeof config['mm_vision_tower'] === 'string' || isObject(config['visual']) || isObject(config['img_processor']) || isObject(config['vq_config']);
const hasAudio = (config: Config) => isObject(config['audio_config']) || isObject(config['encoder_config']);
