// One whole download() of a repository, with what comes before it; prints its seconds and the most memory that the process took.
import { download, inspect } from '@llmi/hub';

const [endpoint, id, cacheDir] = process.argv.slice(2);
const settings = { endpoint, cacheDir };
const start = performance.now();
const info = await inspect({ kind: 'hub', id }, settings);
const chosenFiles = info.files.map(({ path }) => path);
await download({ ...info, chosenFiles }, settings);
const seconds = (performance.now() - start) / 1000;
console.log(JSON.stringify({ seconds, memoryBytes: process.resourceUsage().maxRSS * 1024 }));
