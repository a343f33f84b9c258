/**
 * Messages of errors can quote paths of this machine. A reply names the file alone, never where it lies.
 * Routes of this server and parts of URLs look like paths too, and are kept.
 */
export type Scrub = (text: string) => string;

/** A POSIX or Windows path of at least two parts that does not continue a word, a URL or a relative path. */
const absolutePath = /(?<![\w:/.~@…-])(?:[A-Za-z]:[\\/]|\/)(?:[^\s"'`<>|,;:()[\]{}\\/]+[\\/])+([^\s"'`<>|,;:()[\]{}\\/]*)/g;
const fileUrl = /file:\/\/[^\s"'`<>]+/g;

/** `folders` are known to be the machine's: they are recognised even with spaces in them. */
export function makeScrub(folders: readonly string[], isRoute: (path: string) => boolean): Scrub {
  const known = [...new Set(folders)].filter((folder) => folder.length > 1).sort((left, right) => right.length - left.length);
  const knownFolders = known.map((folder) => new RegExp(`(?<![\\w/.-])${folder.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\w-])`, 'g'));
  return (text) => {
    let clean = text.replace(fileUrl, '…');
    for (const folder of knownFolders) clean = clean.replace(folder, '…');
    return clean.replace(absolutePath, (path, last: string) => (isRoute(path.replace(/\.+$/, '')) ? path : `…/${last}`));
  };
}
