/** A document as fields, lists and texts. */
export type DocumentValue = string | DocumentValue[] | { [field: string]: DocumentValue };

/**
 * What Donut writes, as fields: `<s_menu><s_nm>Tea</s_nm></s_menu>` to `{ menu: { nm: "Tea" } }`; `<sep/>` parts the items of a list.
 * Source: `token2json` of DonutProcessor, transformers 4.57
 */
export function fieldsOfTags(text: string): DocumentValue {
  const fields: Record<string, DocumentValue> = {};
  let rest = text;
  let next = /<s_([^>]*)>/i.exec(rest);
  while (next) {
    const [opening, name] = next as unknown as [string, string];
    const closing = `</s_${name}>`;
    const start = rest.toLowerCase().indexOf(opening.toLowerCase());
    const end = rest.toLowerCase().indexOf(closing.toLowerCase(), start);
    if (end < 0) rest = rest.replace(opening, '');
    else {
      const content = rest.slice(start + opening.length, end).trim();
      fields[name] = content.includes('<s_') && content.includes('</s_') ? fieldsOfTags(content) : textsOf(content);
      rest = rest.slice(end + closing.length).trim();
      if (rest.startsWith('<sep/>')) return [fields, ...[fieldsOfTags(rest.slice('<sep/>'.length))].flat()];
    }
    next = /<s_([^>]*)>/i.exec(rest);
  }
  return Object.keys(fields).length > 0 ? fields : text.trim();
}

function textsOf(content: string): DocumentValue {
  const parts = content.split('<sep/>').map((part) => part.trim());
  return parts.length === 1 ? parts[0]! : parts;
}
