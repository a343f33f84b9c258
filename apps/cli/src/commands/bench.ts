import { LlmiError } from '@llmi/core';
import type { Engine } from '@llmi/engine';
import { withInterrupt } from '../interrupt.js';
import { findModel } from '../model-argument.js';
import { formatFacts } from '../render/table.js';
import type { CommonOptions, Session } from '../session.js';

interface BenchOptions extends CommonOptions {
  repetitions?: string;
}

/** What one model does here, medians of all repetitions. */
interface Measurement {
  loadSeconds: number;
  figures: Record<string, number>; // per second, or seconds
}

const answerTokens = 64;
const sentence = 'The quick brown fox jumps over the lazy dog while the old miller counts his sacks of flour. ';
const longPrompt = sentence.repeat(12);
const texts = Array.from({ length: 32 }, (_, index) => `${index}. ${sentence.slice(0, 20 + 2 * index)}`);

export async function run(session: Session, { repetitions = '3' }: BenchOptions, model: string): Promise<void> {
  const rounds = Number(repetitions);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100) throw new LlmiError('USAGE', { message: 'The number of repetitions is 1 to 100.', hint: 'Leave it out for 3.' });
  const engine = await session.engine();
  const { name } = await findModel(engine, model, session.terminal);
  const measured = await withInterrupt(session.terminal, (signal) => measure(engine, name, rounds, signal));
  if (session.json) return session.document({ type: 'benchmark', model: name, repetitions: rounds, load_seconds: measured.loadSeconds, ...measured.figures });
  const facts: [string, string][] = [['load', `${measured.loadSeconds.toFixed(2)} s`], ...Object.entries(measured.figures).map(([what, value]): [string, string] => [what.replaceAll('_', ' '), value.toPrecision(3)])];
  for (const line of formatFacts(facts)) session.print(line);
}

async function measure(engine: Engine, name: string, rounds: number, signal: AbortSignal): Promise<Measurement> {
  const { capabilities } = await engine.describe(name);
  const task = capabilities.outputModalities.includes('embedding') ? embed : capabilities.tasks.includes('text-generation') ? generate : undefined;
  if (!task) {
    throw new LlmiError('INPUT_UNSUPPORTED', { message: `There is no benchmark for ${name} (${capabilities.tasks.join(', ')}).`, hint: 'There is one for models that generate or embed text.' });
  }
  const before = performance.now();
  await engine.load(name, { signal });
  const loadSeconds = (performance.now() - before) / 1000;
  await task(engine, name, signal); // the first one warms up
  const runs: Record<string, number>[] = [];
  for (let round = 0; round < rounds; round++) runs.push(await task(engine, name, signal));
  const figures = Object.fromEntries(Object.keys(runs[0]!).map((key) => [key, median(runs.map((run) => run[key]!))]));
  return { loadSeconds, figures };
}

let asked = 0; // each prompt begins differently, so that none is found in a cache

async function generate(engine: Engine, name: string, signal: AbortSignal): Promise<Record<string, number>> {
  const { result, envelope } = await engine.answer(name, { prompt: `${asked++} ${longPrompt}`, mode: 'complete', maxTokens: answerTokens, temperature: 0 }, { signal });
  if (result.type !== 'text') throw new LlmiError('INTERNAL', { message: `${name} answered a prompt with ${result.type}.` });
  const { prompt = 0, decode = 0 } = envelope.timing; // milliseconds
  const rate = (tokens: number, milliseconds: number) => (milliseconds > 0 ? (1000 * tokens) / milliseconds : 0);
  return { prompt_tokens_per_second: rate(result.usage.promptTokens, prompt), answer_tokens_per_second: rate(result.usage.completionTokens - 1, decode), seconds_to_first_token: prompt / 1000 };
}

async function embed(engine: Engine, name: string, signal: AbortSignal): Promise<Record<string, number>> {
  const before = performance.now();
  const { result } = await engine.answer(name, { texts }, { signal });
  const seconds = (performance.now() - before) / 1000;
  const tokens = result.type === 'embedding' ? result.usage.promptTokens : 0;
  return { texts_per_second: texts.length / seconds, tokens_per_second: tokens / seconds };
}

const median = (values: number[]) => [...values].sort((left, right) => left - right)[values.length >> 1]!;
