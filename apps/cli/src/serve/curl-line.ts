import type { Engine, ServedModel } from '@llmi/engine';

/** A request to try, for the shell of this system. `needsName` when the server could not tell which model is meant. */
export async function curlLine(engine: Engine, model: ServedModel, options: { url: string; needsName: boolean; hasKey: boolean; platform: NodeJS.Platform }): Promise<string> {
  const { capabilities } = await engine.describe(model.name);
  const input = capabilities.outputModalities.includes('embedding') ? { texts: ['Hello'] } : { prompt: 'Hello' };
  const body = JSON.stringify(options.needsName ? { model: model.name, ...input } : input);
  // cmd.exe knows no single quotes
  const quote = (text: string) => (options.platform === 'win32' ? `"${text.replaceAll('"', '\\"')}"` : `'${text.replaceAll("'", `'\\''`)}'`);
  const headers = ['Content-Type: application/json', ...(options.hasKey ? ['Authorization: Bearer YOUR_KEY'] : [])];
  return `curl ${options.url}/generate ${headers.map((header) => `-H ${quote(header)}`).join(' ')} -d ${quote(body)}`;
}
