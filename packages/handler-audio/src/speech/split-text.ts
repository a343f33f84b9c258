/** Cuts a text of more than so many characters between sentences, and sentences that are too long at commas or spaces. */
export function splitText(text: string, most: number): string[] {
  const trimmed = text.trim();
  if (trimmed.length <= most) return [trimmed];
  const sentences = [...new Intl.Segmenter(undefined, { granularity: 'sentence' }).segment(trimmed)].flatMap(({ segment }) => splitSentence(segment, most));
  const parts: string[] = [];
  for (const sentence of sentences) {
    const last = parts.at(-1);
    if (last !== undefined && last.length + sentence.length <= most) parts[parts.length - 1] = last + sentence;
    else parts.push(sentence);
  }
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

function splitSentence(sentence: string, most: number): string[] {
  if (sentence.length <= most) return [sentence];
  const beginning = sentence.slice(0, most);
  const comma = Math.max(...[', ', '; ', ': ', '、', '，'].map((mark) => beginning.lastIndexOf(mark))) + 1;
  const space = beginning.lastIndexOf(' ');
  const end = [comma, space].find((at) => at > most / 4) ?? most;
  return [sentence.slice(0, end), ...splitSentence(sentence.slice(end), most)];
}
