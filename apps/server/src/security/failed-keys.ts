import { isIPv6 } from 'node:net';

/** Wrong keys from one place within the window, before more are not even looked at. */
const maxFailures = 20;
const windowMs = 60_000;

/** Places that are remembered; the longest silent one is forgotten first. */
const maxPlaces = 10_000;

interface Place {
  failures: number;
  since: number;
  /** Digests of keys that were right when they came from here: their owners are not locked out by a guesser beside them. */
  known: Set<string>;
}

/** Slows down who guesses keys. A place is an IPv4 address or an IPv6 network of 64 bits, as the connection says: headers can lie. */
export class FailedKeys {
  readonly #places = new Map<string, Place>(); // least recently seen first

  /** Seconds that the place has to wait; 0 when this key may be looked at. */
  secondsToWait(address: string, keyDigest: string): number {
    const place = this.#places.get(placeOf(address));
    if (!place || place.failures < maxFailures || place.known.has(keyDigest)) return 0;
    return Math.max(0, Math.ceil((place.since + windowMs - Date.now()) / 1000));
  }

  note(address: string, keyDigest: string, isRight: boolean): void {
    const name = placeOf(address);
    const place = this.#places.get(name) ?? { failures: 0, since: Date.now(), known: new Set<string>() };
    if (isRight && place.known.has(keyDigest)) return;
    this.#places.delete(name);
    this.#places.set(name, place);
    if (isRight) place.known.add(keyDigest);
    else if (Date.now() - place.since > windowMs) Object.assign(place, { failures: 1, since: Date.now() });
    else place.failures += 1;
    if (this.#places.size > maxPlaces) this.#places.delete(this.#places.keys().next().value!);
  }
}

function placeOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address;
  const [head = '', tail] = address.split('%')[0]!.split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const whole = tail === undefined ? groups : [...groups, ...Array<string>(Math.max(0, 8 - groups.length - after.length)).fill('0'), ...after];
  return whole.slice(0, 4).map((group) => Number.parseInt(group, 16)).join(':');
}
