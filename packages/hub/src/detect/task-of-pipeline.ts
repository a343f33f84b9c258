/** What the class of a diffusers pipeline makes, by the words of its name; the first that fits counts. */
const rules: [RegExp, string][] = [
  [/^Marigold.*Depth/, 'depth-estimation'],
  [/(ImageToVideo|VideoToVideo|StableVideoDiffusion|I2VGen|^PIA)/, 'image-to-video'],
  [/(TextToVideo|AnimateDiff|CogVideoX|^LTX(?!.*(Condition|ImageToVideo))|^Wan|HunyuanVideo|^Mochi|^Latte|^Allegro|EasyAnimate|SkyReels|Cosmos.*World)/, 'text-to-video'],
  [/(AudioLDM|MusicLDM|StableAudio|AudioDiffusion|DanceDiffusion)/, 'text-to-audio'],
  [/Inpaint|Fill/, 'image-to-image'],
  [/(Img2Img|Pix2Pix|Upscale|Kontext|ImageVariation|Edit|SuperResolution|Redux)/, 'image-to-image'],
  [/(Shap)/, 'text-to-3d'],
  [/^(DDPM|DDIM|ScoreSdeVe|PNDM|KarrasVe|ConsistencyModel|DiT)Pipeline$/, 'unconditional-image-generation'],
  [/Prior/, 'text-to-image'],
  [/Pipeline$/, 'text-to-image'],
];

/** The task of a pipeline by its `_class_name`; undefined for a class that is no pipeline. */
export function taskOfPipeline(className: string): string | undefined {
  return rules.find(([words]) => words.test(className.replace(/^(ORT|OV|Onnx)/, '')))?.[1];
}
