/**
 * Notes of one kind on objects of others: a request, a reply, a signal. A property that nobody else can name, and no WeakMap: V8's
 * young collections keep whatever an old WeakMap holds, and under load that became a pause of 30 ms every few seconds.
 */
export class Noted<Owner extends object, Note> {
  readonly #key = Symbol('llmi');

  of(owner: Owner): Note | undefined {
    return (owner as { [key: symbol]: Note | undefined })[this.#key];
  }

  set(owner: Owner, note: Note): void {
    (owner as { [key: symbol]: Note | undefined })[this.#key] = note;
  }
}
