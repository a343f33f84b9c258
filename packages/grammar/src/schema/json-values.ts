import { characterClass, plainCharacters } from '../gbnf/character-ranges.js';
import { either, literal, type GrammarBuilder } from '../gbnf/grammar-builder.js';

/** Room between the parts of a document: little enough that a model cannot go on with nothing else. */
export function space(builder: GrammarBuilder): string {
  return builder.rule('space', '( " " | "\\n" [ \\t]{0,20} )?');
}

/** A character of a JSON string. Escapes of surrogates are left out, so that every match is one character. */
export function character(builder: GrammarBuilder): string {
  const unicode = '"u" ( [0-9a-cA-CefEF] [0-9a-fA-F]{3,3} | [dD] [0-7] [0-9a-fA-F]{2,2} )';
  return builder.rule('character', `${characterClass(plainCharacters)} | "\\\\" ( ["\\\\/bfnrt] | ${unicode} )`);
}

/** Any JSON value. It holds objects and arrays, which hold values: each is written under its name once. */
export function anyValue(builder: GrammarBuilder): string {
  return builder.shared('any-value', () => either([anyObject(builder), anyArray(builder), anyString(builder), anyNumber(builder), literal('true'), literal('false'), literal('null')]));
}

export function anyObject(builder: GrammarBuilder): string {
  return builder.shared('any-object', () => {
    const room = space(builder);
    const pair = `${anyString(builder)} ":" ${room} ${anyValue(builder)}`;
    return `"{" ${room} ( ${pair} ( "," ${room} ${pair} )* ${room} )? "}"`;
  });
}

export function anyArray(builder: GrammarBuilder): string {
  return builder.shared('any-array', () => {
    const [room, value] = [space(builder), anyValue(builder)];
    return `"[" ${room} ( ${value} ( "," ${room} ${value} )* ${room} )? "]"`;
  });
}

export function anyString(builder: GrammarBuilder): string {
  return builder.rule('string', `"\\"" ${character(builder)}* "\\""`);
}

/** At most 16 digits before and after the point: what a double holds. */
export function anyNumber(builder: GrammarBuilder): string {
  return builder.rule('number', `${anyInteger(builder)} ( "." [0-9]{1,16} )? ( [eE] [-+]? [0-9] [0-9]? )?`);
}

export function anyInteger(builder: GrammarBuilder): string {
  return builder.rule('integer', '"-"? ( "0" | [1-9] [0-9]{0,15} )');
}
