import { examineCache } from '@llmi/hub';
import { formatBytes } from '@llmi/core/units';
import type { DoctorItem } from '../contract.js';
import { ok, warning } from './item.js';

/** What lies in the cache without being of use. Other programs share it: nothing is removed here. */
export async function examineModelCache(cacheDir: string): Promise<DoctorItem[]> {
  const { repositories, totalBytes, incomplete, unused, brokenLinks } = await examineCache(cacheDir);
  const sum = (items: { bytes: number }[]) => formatBytes(items.reduce((bytes, item) => bytes + item.bytes, 0));
  const items = [ok('cache content', `${repositories} ${repositories === 1 ? 'repository' : 'repositories'}, ${formatBytes(totalBytes)}`)];
  if (incomplete.length > 0) {
    items.push(warning('cache content', `${count(incomplete, 'download')} not complete, ${sum(incomplete)}`, `Run the installation again to complete it, or delete: ${listed(incomplete.map(({ path }) => path))}`));
  }
  if (unused.length > 0) items.push(warning('cache content', `${count(unused, 'file')} that nothing shows, ${sum(unused)}`, `Delete: ${listed(unused.map(({ path }) => path))}`));
  if (brokenLinks.length > 0) items.push(warning('cache content', `${count(brokenLinks, 'broken link')}`, `Models with one are mended by "llmi fix"; else delete: ${listed(brokenLinks)}`));
  return items;
}

const count = (items: unknown[], word: string) => `${items.length} ${word}${items.length === 1 ? '' : 's'}`;
const listed = (paths: string[]) => `${paths.slice(0, 5).join(', ')}${paths.length > 5 ? ` and ${paths.length - 5} more` : ''}`;
