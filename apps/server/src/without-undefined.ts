/** A field that is absent is the model's to decide; one that is undefined would not survive the way to the runner either. */
export function withoutUndefined<Value extends object>(value: Value): Value {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Value;
}
