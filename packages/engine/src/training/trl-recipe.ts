import { basename } from 'node:path';
import type { TrainingParams } from '@llmi/core';
import type { ExampleLayout, TrainingData } from './contract.js';

/** Source: SFTTrainer (https://huggingface.co/docs/trl/sft_trainer) and LoraConfig (https://huggingface.co/docs/peft). */
export function trlRecipe(base: string, data: TrainingData, params: TrainingParams): Record<string, string> {
  return { 'train.py': script(base, data, params), 'requirements.txt': 'trl>=1.0,<2\npeft>=0.18\ntransformers>=5.0\ndatasets>=4.0\naccelerate>=1.10\n' };
}

function script(base: string, data: TrainingData, params: TrainingParams): string {
  const isLora = params.method === 'lora';
  return `# Fine-tunes ${oneLine(base)} on ${data.examples} examples. Written by "llmi train-config"; change what you like.
import torch
from datasets import load_dataset
${isLora ? 'from peft import LoraConfig\n' : ''}from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import SFTConfig, SFTTrainer

base = ${python(base)}
has_gpu = torch.cuda.is_available()
model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.bfloat16 if has_gpu else torch.float32)
tokenizer = AutoTokenizer.from_pretrained(base)
if tokenizer.pad_token is None:
    tokenizer.pad_token = tokenizer.eos_token

dataset = load_dataset("json", data_files=${python(basename(data.path))}, split="train")
${reshape[data.layout]}
trainer = SFTTrainer(
    model=model,
    processing_class=tokenizer,
    train_dataset=dataset,
    args=SFTConfig(
        output_dir="checkpoints",
        num_train_epochs=${params.epochs},
        per_device_train_batch_size=${params.batchSize},
        gradient_accumulation_steps=${params.gradientAccumulationSteps},
        gradient_checkpointing=has_gpu,
        learning_rate=${params.learningRate},
        lr_scheduler_type="cosine",
        warmup_steps=${params.warmupRatio},  # a share of all steps
        weight_decay=${params.weightDecay},
        max_length=${params.maxSequenceLength},
        bf16=has_gpu,
        use_cpu=not has_gpu,
        logging_steps=10,
        save_strategy="epoch",
        report_to="none",
        seed=42,
    ),
${isLora ? lora(params) : ''})
trainer.train()
trainer.save_model("${isLora ? 'adapter' : 'model'}")
tokenizer.save_pretrained("${isLora ? 'adapter' : 'model'}")
`;
}

function lora({ loraRank = 16, loraAlpha = 32, loraDropout = 0, loraTargetModules = [] }: TrainingParams): string {
  return `    peft_config=LoraConfig(
        task_type="CAUSAL_LM",
        r=${loraRank},
        lora_alpha=${loraAlpha},
        lora_dropout=${loraDropout},
        target_modules=${python(loraTargetModules)},
    ),
`;
}

/** TRL reads \`messages\`, \`prompt\` with \`completion\`, and \`text\` as they are. */
const reshape: Record<ExampleLayout, string> = {
  chat: '',
  completion: '',
  text: '',
  instruction: `

def to_conversation(example):
    question = example["instruction"] + ("\\n\\n" + example["input"] if example.get("input") else "")
    if tokenizer.chat_template is None:
        return {"prompt": question + "\\n\\n", "completion": example["output"]}
    return {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": example["output"]}]}


dataset = dataset.map(to_conversation, remove_columns=dataset.column_names)
`,
};

/** A JSON string or list of strings is a Python one too. */
const python = (value: string | string[]) => JSON.stringify(value);

/** A comment ends with its line. */
const oneLine = (text: string) => text.replace(/[\r\n]+/g, ' ');
