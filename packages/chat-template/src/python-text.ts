/** A value while a template runs: `type` is the name of its class in the library. */
export interface Value {
  type: string;
  value: unknown;
}

/** What `str(value)` gives in Python. */
export function pythonText(value: Value): string {
  return value.type === 'StringValue' ? (value.value as string) : value.type === 'UndefinedValue' ? '' : pythonRepr(value);
}

/** What `repr(value)` gives in Python. */
export function pythonRepr({ type, value }: Value): string {
  switch (type) {
    case 'StringValue':
      return quote(value as string);
    case 'BooleanValue':
      return value ? 'True' : 'False';
    case 'NullValue':
      return 'None';
    case 'UndefinedValue':
      return 'Undefined';
    case 'FloatValue':
      return Number.isInteger(value) ? `${String(value)}.0` : String(value);
    case 'TupleValue': {
      const items = (value as Value[]).map(pythonRepr);
      return items.length === 1 ? `(${items[0]},)` : `(${items.join(', ')})`;
    }
    case 'ArrayValue':
    case 'KeywordArgumentsValue':
      return `[${(value as Value[]).map(pythonRepr).join(', ')}]`;
    case 'ObjectValue':
      return `{${[...(value as Map<string | number, Value>)].map(([key, item]) => `${typeof key === 'number' ? key : quote(key)}: ${pythonRepr(item)}`).join(', ')}}`;
    default:
      return String(value);
  }
}

function quote(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t');
  return mark + (mark === "'" ? escaped.replaceAll("'", "\\'") : escaped) + mark;
}
