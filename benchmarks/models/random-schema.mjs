// JSON schemas at random, of everything that answers can be held to: for checking that they are.

/** Numbers from 0 to 1, the same for a seed on every machine. Source: mulberry32, https://github.com/bryc/code/blob/master/jshash/PRNGs.md */
export function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const names = ['a', 'ab', 'abc', 'name', 'na-me', 'größe', 'x y', 'q"uote', 'b\\s', 'tag', 'id', 'value'];
const patterns = ['^[a-z]{2,5}$', '^(foo|ba[rz])-\\d{1,3}$', '^\\w{1,4}(\\.\\w{1,3}){0,2}$', '^[^aeiou]{1,4}$', '^"q"\\\\$', '^\\S{1,3}( \\S{1,3})?$', '^[A-F0-9]{4}$'];
const formats = ['date', 'time', 'date-time', 'uuid', 'ipv4', 'email', 'hostname', 'uri'];

/** A schema whose documents are short, so that a model without sense comes to an end. */
export function randomSchema(random) {
  const whole = (least, most) => least + Math.floor(random() * (most - least + 1));
  const pick = (items) => items[whole(0, items.length - 1)];
  const chance = (share) => random() < share;

  const text = () => {
    if (chance(0.3)) return { type: 'string', format: pick(formats) };
    if (chance(0.3)) return { type: 'string', pattern: pick(patterns) };
    const maxLength = whole(0, 12);
    return { type: 'string', maxLength, ...(chance(0.5) ? { minLength: whole(0, maxLength) } : {}) };
  };
  const number = () => {
    const least = chance(0.5) ? whole(-1200, 1200) : whole(-120, 120) / 8;
    const most = least + (chance(0.3) ? 0.25 : whole(1, 300));
    const low = chance(0.3) ? {} : { [chance(0.3) ? 'exclusiveMinimum' : 'minimum']: least };
    const high = chance(0.3) ? {} : { [chance(0.3) ? 'exclusiveMaximum' : 'maximum']: most };
    return { type: 'number', ...low, ...high };
  };
  const integer = () => {
    const least = whole(-1500, 1500);
    return { type: 'integer', ...(chance(0.3) ? {} : { minimum: least }), ...(chance(0.3) ? {} : { maximum: least + whole(0, 3000) }) };
  };
  const array = (depth) => {
    const maxItems = whole(0, 4);
    const prefixItems = chance(0.3) ? Array.from({ length: whole(1, 2) }, () => any(depth - 1)) : undefined;
    return { type: 'array', ...(prefixItems ? { prefixItems } : {}), items: any(depth - 1), maxItems: maxItems + (prefixItems?.length ?? 0), ...(chance(0.5) ? { minItems: whole(0, maxItems) } : {}) };
  };
  const object = (depth) => {
    const chosen = names.filter(() => chance(0.3));
    const properties = Object.fromEntries(chosen.map((name) => [name, any(depth - 1)]));
    if (chosen.length === 0) return { type: 'object', additionalProperties: any(depth - 1), maxProperties: whole(1, 3), ...(chance(0.3) ? { minProperties: 1 } : {}) };
    return { type: 'object', properties, required: chosen.filter(() => chance(0.5)), additionalProperties: chance(0.15) ? integer() : false };
  };
  const union = (depth) => {
    const kind = whole(0, 3);
    if (kind === 0) return { anyOf: [any(depth - 1), any(depth - 1)] };
    if (kind === 1) {
      const option = (tag) => ({ type: 'object', properties: { tag: { const: tag }, value: any(depth - 1) }, required: ['tag'], additionalProperties: false });
      return { oneOf: [option('one'), option('two'), { type: 'null' }] };
    }
    if (kind === 2) return { type: ['string', 'null', 'boolean'], maxLength: 5 };
    return { allOf: [{ type: 'object', properties: { a: { type: 'integer', minimum: whole(-50, 50) }, b: { type: 'string', maxLength: whole(0, 9) } }, required: ['a'] }, { properties: { a: { minimum: -3, maximum: 4000 }, b: true, c: { type: 'boolean' } }, required: ['c'], additionalProperties: false }] };
  };
  const any = (depth) => {
    const kind = depth <= 0 ? whole(0, 6) : whole(0, 10);
    if (kind <= 1) return text();
    if (kind === 2) return number();
    if (kind === 3) return integer();
    if (kind === 4) return { enum: [1, 'two', null, { three: [3] }, 'fo"ur', true].filter(() => chance(0.6)).concat([0]) };
    if (kind === 5) return { type: pick(['boolean', 'null']) };
    if (kind === 6) return { $ref: pick(['#/$defs/leaf', '#/$defs/tree']) };
    if (kind === 7) return array(depth);
    if (kind === 8) return union(depth);
    return object(depth);
  };
  const depth = whole(1, 3);
  return {
    ...(chance(0.7) ? object(depth) : any(depth)),
    $defs: { leaf: { type: 'object', properties: { left: { $ref: '#/$defs/end' }, count: integer() }, required: ['count'], additionalProperties: false }, end: { enum: ['x', 'y'] }, tree: { type: 'object', properties: { is: { type: 'boolean' }, next: { $ref: '#/$defs/tree' } }, required: ['is'], additionalProperties: false } },
  };
}
