// Converts one model and prints the most memory that the process took, in bytes.
import { convert } from '@llmi/convert';

const [folder, target, type] = process.argv.slice(2);
await convert(folder, target, { type });
console.log(process.resourceUsage().maxRSS * 1024);
