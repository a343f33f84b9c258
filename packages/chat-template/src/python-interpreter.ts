import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja';
import { listFilters, stringMethods, textFilters } from './python-methods.js';
import { escapeMarkup, isEqual, modulo } from './python-operators.js';
import { pythonText, type Value } from './python-text.js';

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
interface CallNode extends Node {
  callee: Node;
  args: readonly Node[];
}
interface MemberNode extends Node {
  object: Node;
  property: Node & { value?: unknown };
  computed: boolean;
}
/** Stands for what was evaluated already. */
interface ResolvedNode extends Node {
  type: 'Resolved';
  resolved: Value;
}

/** The library's interpreter with the methods that are overridden here; it declares them private. Checked with @huggingface/jinja 0.5.11. */
const Base = Interpreter as unknown as new (environment: Environment) => {
  evaluate(node: Node | undefined, environment: Environment): Value;
  evaluateBlock(nodes: readonly Node[], environment: Environment): Value;
  evaluateFor(node: ForNode, environment: Environment): Value;
  evaluateBinaryExpression(node: BinaryNode, environment: Environment): Value;
  evaluateCallExpression(node: CallNode, environment: Environment): Value;
  evaluateMemberExpression(node: MemberNode, environment: Environment): Value;
  evaluateArguments(nodes: readonly Node[], environment: Environment): [Value[], Map<string, Value>];
  applyFilter(operand: Value, filter: Node, environment: Environment): Value;
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

  /** Texts that a template called safe. */
  readonly #markup = new WeakSet<Value>();

  /** Bounds the size of everything that is made on the way. */
  override evaluate(node: Node | undefined, environment: Environment): Value {
    if (!node) return super.evaluate(node, environment); // a bound of a slice that is left out
    if (node.type === 'Resolved') return (node as ResolvedNode).resolved;
    const value = node.type === 'ObjectLiteral' ? this.#mapping(node as unknown as { value: Map<Node, Node> }, environment) : super.evaluate(node, environment);
    // The library unpacks lists and not tuples.
    if (node.type === 'ArrayLiteral') value.value = (value.value as Value[]).map((item) => (item.type === 'TupleValue' ? listOf(item.value as Value[]) : item));
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
    if (operator === '+' && (this.#markup.has(left) || this.#markup.has(right))) return this.#joinMarkup(left, right);
    if (operator === '~') return toValue(pythonText(left) + pythonText(right));
    if (operator === '+' && Array.isArray(left.value) && Array.isArray(right.value) && left.value.length + right.value.length > mostItems) {
      throw tooLarge('a list', mostItems, 'items');
    }
    if (operator === '*' && left.type === 'StringValue' && right.type === 'IntegerValue') return toValue(repeat(left.value as string, right.value as number));
    if (operator === '%' && left.type === 'IntegerValue' && right.type === 'IntegerValue') return toValue(modulo(left.value as number, right.value as number));
    if ((operator === 'in' || operator === 'not in') && Array.isArray(right.value)) {
      return toValue((right.value as Value[]).some((item) => isEqual(left, item)) === (operator === 'in'));
    }
    return super.evaluateBinaryExpression({ ...node, left: resolve(left), right: resolve(right) } as BinaryNode, environment);
  }

  /** `text.strip('x')`, and `value.items()` where the mapping has a key of that name: in Python a method comes before a key. */
  override evaluateCallExpression(node: CallNode, environment: Environment): Value {
    const callee = node.callee as MemberNode;
    if (callee.type !== 'MemberExpression' || callee.computed) return super.evaluateCallExpression(node, environment);
    const object = this.evaluate(callee.object, environment);
    const name = String(callee.property.value);
    const method = object.type === 'StringValue' && Object.hasOwn(stringMethods, name) ? stringMethods[name] : undefined;
    if (method) {
      const [args, named] = this.evaluateArguments(node.args, environment);
      const given = named.size > 0 ? [...args, { type: 'KeywordArgumentsValue', value: named }] : args;
      return toValue(method(object.value as string, given));
    }
    const builtin = object.type === 'ObjectValue' ? (object as Value & { builtins: Map<string, Value> }).builtins.get(name) : undefined;
    const resolved = builtin ?? this.evaluateMemberExpression({ ...callee, object: resolve(object) } as MemberNode, environment);
    return super.evaluateCallExpression({ ...node, callee: resolve(resolved) }, environment);
  }

  /** Mappings may have whole numbers for keys. */
  override evaluateMemberExpression(node: MemberNode, environment: Environment): Value {
    if (!node.computed || node.property.type === 'SliceExpression') return super.evaluateMemberExpression(node, environment);
    const object = this.evaluate(node.object, environment);
    const property = this.evaluate(node.property, environment);
    if (object.type === 'ObjectValue' && property.type === 'IntegerValue') {
      return (object.value as Map<unknown, Value>).get(property.value) ?? toValue(undefined);
    }
    return super.evaluateMemberExpression({ ...node, object: resolve(object), property: resolve(property) }, environment);
  }

  override applyFilter(operand: Value, filter: Node & { value?: unknown; callee?: { value?: unknown } }, environment: Environment): Value {
    const name = String(filter.type === 'CallExpression' ? filter.callee?.value : filter.value);
    if (filter.type === 'Identifier' && Object.hasOwn(textFilters, name)) return toValue(textFilters[name]!(pythonText(operand)));
    if (name === 'safe') {
      const safe = toValue(pythonText(operand));
      this.#markup.add(safe);
      return safe;
    }
    const isNothing = operand.type === 'NullValue' || operand.type === 'UndefinedValue';
    if (isNothing && listFilters.has(name)) return listOf([]);
    if (Array.isArray(operand.value)) {
      const items = operand.value as Value[];
      if (name === 'join') return super.applyFilter(listOf(items.map((item) => toValue(pythonText(item)))), filter, environment);
      if ((name === 'min' || name === 'max') && items.length > 0) return items.reduce((best, item) => ((item.value as number) < (best.value as number) === (name === 'min') ? item : best));
    }
    if (operand.type === 'ObjectValue' && (name === 'dictsort' || name === 'items') && [...(operand.value as Map<unknown, Value>).keys()].some((key) => typeof key === 'number')) {
      const entries = [...(operand.value as Map<string | number, Value>)];
      if (name === 'dictsort') entries.sort(([left], [right]) => (left < right ? -1 : 1));
      return listOf(entries.map(([key, value]) => listOf([toValue(key), value])));
    }
    return super.applyFilter(operand, filter, environment);
  }

  /** Text that was called safe escapes what it is joined with. Source: https://markupsafe.palletsprojects.com */
  #joinMarkup(...parts: Value[]): Value {
    const joined = toValue(parts.map((part) => (this.#markup.has(part) ? pythonText(part) : escapeMarkup(pythonText(part)))).join(''));
    this.#markup.add(joined);
    return joined;
  }

  #mapping({ value }: { value: Map<Node, Node> }, environment: Environment): Value {
    const mapping = toValue({});
    const entries = [...value].map(([key, item]) => [this.evaluate(key, environment), this.evaluate(item, environment)] as const);
    mapping.value = new Map(entries.map(([key, item]) => [key.type === 'IntegerValue' ? key.value : pythonText(key), item]));
    return mapping;
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

function toValue(value: unknown): Value {
  return new Environment().set('value', value) as unknown as Value;
}

function listOf(items: Value[]): Value {
  const list = toValue([]);
  list.value = items;
  return list;
}

function resolve(resolved: Value): Node {
  return { type: 'Resolved', resolved } as ResolvedNode;
}

function repeat(text: string, count: number): string {
  if (text.length * count > mostCharacters) throw tooLarge('a text', mostCharacters, 'characters');
  return text.repeat(Math.max(0, count));
}
