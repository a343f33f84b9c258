import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja';

/** A value while a template runs: `type` is the name of its class in the library. */
interface Value {
  type: string;
  value: unknown;
}
interface Node {
  type: string;
}
interface BinaryNode extends Node {
  operator: { value: string };
  left: Node;
  right: Node;
}
interface ForNode extends Node {
  body: readonly Node[];
}

/** The library's interpreter with the methods that are overridden here; it declares them private. Checked with @huggingface/jinja 0.5.11. */
const Base = Interpreter as unknown as new (environment: Environment) => {
  evaluate(node: Node, environment: Environment): Value;
  evaluateBlock(nodes: readonly Node[], environment: Environment): Value;
  evaluateFor(node: ForNode, environment: Environment): Value;
  evaluateBinaryExpression(node: BinaryNode, environment: Environment): Value;
  run(program: ReturnType<typeof parse>): Value;
};

/** Largest text and list that a template may make: more than any context holds. One larger allocation could end the process. */
const mostCharacters = 16_000_000;
const mostItems = 1_000_000;

/** Nodes that stand between {% and %}: what they return is text already, or nothing. */
const statements = new Set(['Program', 'Set', 'If', 'For', 'Macro', 'Break', 'Continue', 'CallStatement', 'FilterStatement', 'Comment']);

/**
 * Renders like Python's jinja2 where the library renders like JavaScript: `True` and `None`, lists and dictionaries as Python
 * writes them, comparisons by type, and the text before a `break` or `continue`, which the library drops.
 */
export class PythonInterpreter extends Base {
  /** Bodies of the loops that are running. */
  readonly #loopBodies = new Set<readonly Node[]>();
  /** A `break` whose text was already given out: the body's next turn ends the loop. */
  readonly #brokenOff = new Map<readonly Node[], unknown>();
  /** By thrown break or continue: which of the two, and the text that was written before it. */
  readonly #jumps = new WeakMap<object, { kind: string; text: string }>();

  /** Bounds the size of everything that is made on the way. */
  override evaluate(node: Node, environment: Environment): Value {
    const value = super.evaluate(node, environment);
    const size = value.value instanceof Map ? value.value.size : Array.isArray(value.value) ? value.value.length : 0;
    if (size > mostItems) throw tooLarge('a list', mostItems, 'items');
    if (value.type === 'StringValue' && (value.value as string).length > mostCharacters) throw tooLarge('a text', mostCharacters, 'characters');
    return value;
  }

  override evaluateFor(node: ForNode, environment: Environment): Value {
    const isInner = this.#loopBodies.has(node.body); // a macro that calls itself
    this.#loopBodies.add(node.body);
    try {
      return super.evaluateFor(node, environment);
    } finally {
      this.#brokenOff.delete(node.body);
      if (!isInner) this.#loopBodies.delete(node.body);
    }
  }

  override evaluateBlock(nodes: readonly Node[], environment: Environment): Value {
    const brokenOff = this.#brokenOff.get(nodes);
    if (brokenOff !== undefined) throw brokenOff;
    let text = '';
    for (const node of nodes) {
      try {
        const value = this.evaluate(node, environment);
        text += statements.has(node.type) && value.type === 'NullValue' ? '' : pythonText(value);
      } catch (error) {
        const jump = this.#jumpOf(error, node);
        if (!jump) throw error;
        jump.text = text + jump.text;
        if (!this.#loopBodies.has(nodes)) throw error;
        if (jump.kind === 'Break') this.#brokenOff.set(nodes, error);
        return toValue(jump.text);
      }
    }
    return toValue(text);
  }

  override evaluateBinaryExpression(node: BinaryNode, environment: Environment): Value {
    const { value: operator } = node.operator;
    if (operator === 'and' || operator === 'or') return super.evaluateBinaryExpression(node, environment);
    const left = this.evaluate(node.left, environment);
    const right = this.evaluate(node.right, environment);
    if (operator === '==' || operator === '!=') return toValue(isEqual(left, right) === (operator === '=='));
    if (operator === '~') return toValue(pythonText(left) + pythonText(right));
    if (operator === '+' && Array.isArray(left.value) && Array.isArray(right.value) && left.value.length + right.value.length > mostItems) {
      throw tooLarge('a list', mostItems, 'items');
    }
    if (operator === '*' && left.type === 'StringValue' && right.type === 'IntegerValue') return toValue(repeat(left.value as string, right.value as number));
    if (operator === '%' && left.type === 'IntegerValue' && right.type === 'IntegerValue') return toValue(modulo(left.value as number, right.value as number));
    return super.evaluateBinaryExpression(node, environment);
  }

  #jumpOf(error: unknown, node: Node): { kind: string; text: string } | undefined {
    if (typeof error !== 'object' || error === null) return undefined;
    if (node.type === 'Break' || node.type === 'Continue') this.#jumps.set(error, { kind: node.type, text: '' });
    return this.#jumps.get(error);
  }
}

/** Runs a parsed template. */
export function interpret(program: ReturnType<typeof parse>, environment: Environment): string {
  return String(new PythonInterpreter(environment).run(program).value);
}

export function parseTemplate(template: string): ReturnType<typeof parse> {
  return parse(tokenize(template, { trim_blocks: true, lstrip_blocks: true })); // as transformers sets them
}

function tooLarge(what: string, limit: number, unit: string): Error {
  return new Error(`it makes ${what} of more than ${limit} ${unit}`);
}

function toValue(value: string | number | boolean): Value {
  return new Environment().set('value', value) as unknown as Value;
}

/** What `str(value)` gives in Python. */
function pythonText(value: Value): string {
  return value.type === 'StringValue' ? (value.value as string) : value.type === 'UndefinedValue' ? '' : pythonRepr(value);
}

/** What `repr(value)` gives in Python. */
function pythonRepr({ type, value }: Value): string {
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
      return `{${[...(value as Map<string, Value>)].map(([key, item]) => `${quote(key)}: ${pythonRepr(item)}`).join(', ')}}`;
    default:
      return String(value);
  }
}

function quote(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t');
  return mark + (mark === "'" ? escaped.replaceAll("'", "\\'") : escaped) + mark;
}

function isEqual(left: Value, right: Value): boolean {
  const numbers = ['IntegerValue', 'FloatValue', 'BooleanValue'];
  if (numbers.includes(left.type) && numbers.includes(right.type)) return Number(left.value) === Number(right.value);
  if (left.type !== right.type) return false;
  if (Array.isArray(left.value) && Array.isArray(right.value)) {
    const other = right.value as Value[];
    return left.value.length === other.length && (left.value as Value[]).every((item, index) => isEqual(item, other[index]!));
  }
  if (left.value instanceof Map && right.value instanceof Map) {
    const other = right.value as Map<string, Value>;
    return left.value.size === other.size && [...(left.value as Map<string, Value>)].every(([key, item]) => other.has(key) && isEqual(item, other.get(key)!));
  }
  return left.value === right.value;
}

function repeat(text: string, count: number): string {
  if (text.length * count > mostCharacters) throw tooLarge('a text', mostCharacters, 'characters');
  return text.repeat(Math.max(0, count));
}

/** The remainder has the sign of the divisor, as in Python. */
function modulo(left: number, right: number): number {
  if (right === 0) throw new Error('integer modulo by zero');
  return ((left % right) + right) % right;
}
